/** Events with something in them, as libraries send them that run in browsers, too. */
const target = new EventTarget();
target.addEventListener("done", (event) => console.log((event as CustomEvent<string>).detail));
target.dispatchEvent(new CustomEvent("done", { detail: "something" }));

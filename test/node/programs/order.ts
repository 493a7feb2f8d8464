/** In which order callbacks come. */
const order: string[] = [];
const note = (name: string) => () => void order.push(name);
setTimeout(note("timeout 0"), 0);
setTimeout(note("timeout 1"), 1);
setImmediate(note("immediate 1"));
setImmediate(() => {
  order.push("immediate 2");
  process.nextTick(note("tick of immediate 2"));
  Promise.resolve().then(note("microtask of immediate 2"));
});
setImmediate(note("immediate 3"));
for (let i = 0; i < 20; i++) setTimeout(note(`at 5: ${i}`), 5);
const cleared = setTimeout(note("cleared"), 3);
clearTimeout(cleared);
const byNumber = setTimeout(note("cleared by its number"), 3);
clearTimeout(Number(byNumber));
const refreshed = setTimeout(note("refreshed"), 4);
setTimeout(() => refreshed.refresh(), 3);
let ticks = 0;
const interval = setInterval(() => {
  order.push(`interval ${++ticks}`);
  if (ticks === 3) clearInterval(interval);
}, 10);
queueMicrotask(note("microtask"));
process.nextTick(note("tick"));
setTimeout(() => console.log(order.join(", ")), 100);

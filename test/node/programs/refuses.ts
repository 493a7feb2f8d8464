/** Tells what throws, although nobody uses what it returns. */
function refused(check: () => void): boolean {
  try {
    check();
    return false;
  } catch {
    return true;
  }
}

const text = "%";
console.log(
  "refused:",
  refused(() => {
    decodeURIComponent(text);
  }),
);

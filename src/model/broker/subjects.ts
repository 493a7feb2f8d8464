/**
 * Subjects and what matches them: words with dots between them; in a pattern `*` stands for one word and a last `>` for
 * one or more.
 */

const WORD = /^[^\s.*>]+$/;

export function isSubject(text: string): boolean {
  return text.split(".").every((word) => WORD.test(word));
}

export function isPattern(text: string): boolean {
  const words = text.split(".");
  return words.every(
    (word, at) => word === "*" || (word === ">" && at === words.length - 1) || WORD.test(word),
  );
}

export function matches(pattern: string, subject: string): boolean {
  if (pattern === subject || pattern === ">") return true;
  const wanted = pattern.split(".");
  const words = subject.split(".");
  for (let at = 0; at < wanted.length; at++) {
    const word = wanted[at];
    if (word === ">") return words.length > at;
    if (at >= words.length || (word !== "*" && word !== words[at])) return false;
  }
  return wanted.length === words.length;
}

/** Whether some subject matches both. */
export function overlap(one: string, other: string): boolean {
  const a = one.split(".");
  const b = other.split(".");
  for (let at = 0; ; at++) {
    const [left, right] = [a[at], b[at]];
    if (left === undefined || right === undefined) return left === right;
    if (left === ">" || right === ">") return true;
    if (left !== "*" && right !== "*" && left !== right) return false;
  }
}

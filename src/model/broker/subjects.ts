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

/** Word by word, without taking the texts apart: it is asked for each message, consumer and filter. */
export function matches(pattern: string, subject: string): boolean {
  if (pattern === subject || pattern === ">") return true;
  let at = 0; // where a word of the pattern begins
  let start = 0; // where a word of the subject begins
  for (;;) {
    const wordEnd = endOfWord(pattern, at);
    const end = endOfWord(subject, start);
    const isOne = wordEnd === at + 1;
    if (isOne && pattern[at] === ">") return true;
    const isAny = isOne && pattern[at] === "*";
    if (!isAny && !(wordEnd - at === end - start && pattern.startsWith(subject.slice(start, end), at)))
      return false;
    const isLast = wordEnd === pattern.length;
    if (isLast || end === subject.length) return isLast && end === subject.length;
    at = wordEnd + 1;
    start = end + 1;
  }
}

function endOfWord(text: string, from: number): number {
  const dot = text.indexOf(".", from);
  return dot < 0 ? text.length : dot;
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

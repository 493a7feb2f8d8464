/**
 * Which subjects a pattern stands for, as documented and word by word: properties don't ask the broker, whose own answer is
 * what they judge.
 */
import type { ConsumerConfig } from "../config.js";

export function takes(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const words = subject.split(".");
  const isOpen = wanted[wanted.length - 1] === ">";
  if (isOpen ? words.length < wanted.length : words.length !== wanted.length) return false;
  return wanted.every((word, at) => word === "*" || (isOpen && word === ">") || word === words[at]);
}

/** Whether a consumer wants a subject: any at all when it has no filters. */
export function isFor({ filters }: ConsumerConfig, subject: string): boolean {
  return filters === undefined || filters.some((filter) => takes(filter, subject));
}

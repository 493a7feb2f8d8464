/**
 * A fault in a few words, as the story tells it: `domain-loss provider/aws for 30 s`. What every kind has is
 * written in the same way; numbers that only some kinds have follow, with their names.
 */
import type { Fault } from "../sim/faults/catalogue.js";
import { clean } from "./text-style.js";
import { duration, list, moment } from "./words.js";

/** Kind, place and numbers, without its times. */
export function faultText(fault: Fault): string {
  return clean([fault.kind, placeOf(fault), ...numbersOf(fault)].join(" "));
}

/** How long it lasts: ` for 30 s`, or nothing for what happens in a moment. */
export function faultLength(fault: Fault): string {
  return "for" in fault ? ` for ${duration(fault.for)}` : "";
}

/** What a fault is aimed at: `, 2 ms after vote-granted #3`, or nothing. */
export function triggerText({ trigger }: Fault): string {
  if (trigger === undefined) return "";
  const { moment: name, nth, after } = trigger;
  return clean(`, ${after === 0 ? "at" : `${duration(after)} after`} ${name} #${nth}`);
}

/** All of it in a line: when it begins, or from when on its moment is waited for; what it is; for how long. */
export function faultLine(fault: Fault): string {
  const from = fault.trigger === undefined ? "" : "from ";
  return `${from}${moment(fault.at)} ${faultText(fault)}${faultLength(fault)}${triggerText(fault)}`;
}

function placeOf(fault: Fault): string {
  if (fault.kind === "partition") {
    return `${list(fault.a, 3)} ${fault.oneWay ? "→" : "⇎"} ${list(fault.b, 3)}`;
  }
  return "from" in fault ? `${fault.from} → ${fault.to}` : fault.target;
}

function numbersOf(fault: Fault): string[] {
  const numbers: string[] = [];
  if ("ratio" in fault) numbers.push(`${Math.round(fault.ratio * 100)} %`);
  if ("factor" in fault) numbers.push(`×${Math.round(fault.factor * 10) / 10}`);
  if ("by" in fault) numbers.push(`by ${duration(fault.by)}`);
  if ("ppm" in fault) numbers.push(`${fault.ppm} ppm`);
  if ("period" in fault) numbers.push(`every ${duration(fault.period)}`);
  if (fault.kind === "flaky-link") numbers.push(`up ${duration(fault.up)}, down ${duration(fault.down)}`);
  if (fault.kind === "exit") numbers.push(`${fault.reason}, every ${duration(fault.up)}`);
  if (fault.kind === "upgrade")
    numbers.push(
      Object.entries(fault.settings)
        .map(([name, to]) => `${name}=${to}`)
        .join(", "),
    );
  if ("smear" in fault) numbers.push(fault.smear === 0 ? "at once" : `over ${duration(fault.smear)}`);
  if ("zone" in fault) numbers.push(fault.zone);
  if ("status" in fault) numbers.push(`status ${fault.status}`);
  if ("perSecond" in fault) numbers.push(`${fault.perSecond}/s`);
  if ("bytesPerSecond" in fault) numbers.push(`${fault.bytesPerSecond} B/s`);
  if ("point" in fault) numbers.push(`${fault.side} #${fault.point}`);
  return numbers;
}

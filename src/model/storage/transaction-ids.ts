/**
 * Names for transactions: no two of one host have the same, whoever begins them, so that a store does not take the commit of
 * one for the repeat of another's. They tell lives of the host apart.
 */
import type { Host } from "seedstorm";

/** How many transactions were begun on a host, by whichever of its clients and stores. */
const begun = new WeakMap<Host, number>();

export function newTransactionId(host: Host): string {
  const number = (begun.get(host) ?? 0) + 1;
  begun.set(host, number);
  return `${host.id}#${host.incarnation}:${number}`;
}

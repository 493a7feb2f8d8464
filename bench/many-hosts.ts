/**
 * What an event costs in universes of few hosts and of many: equally many events of the same traffic, in turns, by processor time. What
 * grows with the hosts is memory that an event finds out of the processor's caches: those of ten hosts fit into them, those of
 * thousands don't.
 */
import { requests } from "./kernel.js";
import { median } from "./median.js";

const HOSTS = [10, 100, 1_000, 5_000] as const;
const EVENTS = 400_000;
const ROUNDS = 5;

/** Nanoseconds of processor time that an event takes. */
async function costOf(hosts: number): Promise<number> {
  const before = process.cpuUsage();
  const { events } = await requests(EVENTS, hosts);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1_000) / events;
}

/** One line for each number of hosts, with how many times as much an event costs there as with the fewest. */
export async function manyHosts(print: (name: string, figure: string) => void): Promise<void> {
  for (const hosts of HOSTS) await costOf(hosts);
  const rounds: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const costs: number[] = [];
    for (const hosts of HOSTS) costs.push(await costOf(hosts));
    rounds.push(costs);
  }
  const medians = HOSTS.map((_, i) => median(rounds.map((costs) => costs[i] ?? 0)));
  HOSTS.forEach((hosts, i) => {
    const cost = medians[i] ?? 0;
    print(
      `requests among ${hosts} hosts`,
      `${cost.toFixed(0)} ns of processor an event, ${(cost / (medians[0] ?? 1)).toFixed(2)} x ${HOSTS[0]} hosts`,
    );
  });
}

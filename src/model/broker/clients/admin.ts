/** Declares streams, consumers and the bucket, and again whatever was lost with a broker's memory; and looks at it all. */
import { type Host, type Micros, SECOND } from "seedstorm";
import type { BrokerOutcome } from "../api.js";
import type { BrokerClient } from "../client.js";
import { BUCKET, cacheOf, declared } from "./declared.js";

const RETRY: Micros = SECOND;
const LOOK_EVERY: Micros = 6 * SECOND;
const READ_LIMIT = 60;

export async function startAdmin(
  host: Host,
  client: BrokerClient,
  brokers: readonly string[],
): Promise<void> {
  for (const { stream, consumers } of declared(brokers)) {
    await untilDone(host, () => client.createStream(stream));
    for (const consumer of consumers)
      await untilDone(host, () => client.createConsumer(stream.name, consumer));
  }
  await untilDone(host, () => client.createBucket(BUCKET));
  await untilDone(host, () => client.createBucket(cacheOf(brokers)));
  for (;;) {
    for (const { stream, consumers } of declared(brokers)) {
      await client.readStream(stream.name, { after: 0, limit: READ_LIMIT });
      for (const { name } of consumers) await client.consumerState(stream.name, name);
    }
    await host.sleep(LOOK_EVERY);
  }
}

async function untilDone(host: Host, attempt: () => Promise<BrokerOutcome<void>>): Promise<void> {
  for (;;) {
    const { status } = await attempt();
    if (status === "ok") return;
    if (status === "refused") throw new Error("what the brokers are declared must make sense");
    await host.sleep(RETRY);
  }
}

/**
 * Somebody who makes a stream, fills it, changes its limits, purges it by subject and by sequence, and deletes it, again and
 * again. Whatever has no answer is asked for once more, as an operator would.
 */
import { type Host, type Micros, ms, SECOND } from "seedstorm";
import type { BrokerClient } from "../client.js";
import type { StreamConfig } from "../config.js";
import { BROKER_GOALS as GOALS } from "./goals.js";
import { untilAnswered } from "./until-answered.js";

const BED: StreamConfig = {
  name: "BED",
  subjects: ["bed.*"],
  retention: "limits",
  replicas: 3,
  storage: "file",
  maxMessages: 12,
  discard: "new",
};
const NARROW: StreamConfig = { ...BED, subjects: ["bed.*", "border.*"], maxMessages: 6 };
const SUBJECTS = ["bed.rose", "bed.sage", "bed.weed"] as const;

const REST: Micros = 5 * SECOND;

export async function startGardener(host: Host, client: BrokerClient): Promise<void> {
  for (let season = 1; ; season++) {
    await untilAnswered(host, () => client.createStream(BED));
    await untilAnswered(host, () =>
      client.createConsumer(BED.name, { name: "picker", ackWait: 2 * SECOND, maxDeliver: 3 }),
    );
    for (let n = 0; n < 9; n++) {
      const messageId = `bed-${season}-${n}`;
      await untilAnswered(host, () => client.publish(SUBJECTS[n % 3] ?? "", { season, n }, { messageId }));
    }
    const picked = await client.pull(BED.name, "picker", { batch: 2, wait: ms(500) });
    if (picked.status === "ok") await picked.value[0]?.ack();
    if ((await untilAnswered(host, () => client.updateStream(NARROW))).status === "ok")
      host.reached(GOALS.streamChanged);
    await untilAnswered(host, () => client.updateStream({ ...NARROW, retention: "interest" }));
    const weeded = await untilAnswered(host, () =>
      client.purgeStream(BED.name, { filter: "bed.weed", keep: season % 2 }),
    );
    if (weeded.status === "ok") host.reached(GOALS.purged);
    const state = await client.streamState(BED.name);
    if (state.status === "ok") {
      const below = state.value.lastSequence;
      await untilAnswered(host, () => client.purgeStream(BED.name, { below }));
    }
    await host.sleep(REST);
    if ((await untilAnswered(host, () => client.deleteStream(BED.name))).status === "ok")
      host.reached(GOALS.streamDeleted);
    await host.sleep(SECOND);
  }
}

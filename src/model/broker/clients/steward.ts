/**
 * Somebody who uses what the others leave out: a full queue that refuses by its bytes, consumers that share a work queue by
 * their filters, several subscriptions of one client of which one ends, a late ack of what was given up, reads by filter,
 * consumers that are deleted; and who declares things that make no sense, or no longer.
 */
import { type Host, type Json, type Micros, ms, SECOND } from "seedstorm";
import type { BrokerOutcome, Delivery } from "../api.js";
import type { BrokerClient } from "../client.js";
import type { ConsumerConfig, StreamConfig } from "../config.js";
import { BROKER_GOALS as GOALS } from "./goals.js";
import { NONSENSE, type Nonsense } from "./nonsense.js";
import { untilAnswered } from "./until-answered.js";

/** Messages are of one size or of twice that, so that a stream is full to the last byte. */
const SIZE = 60;
const EMPTY_HEADERS = "{}";
const REPLICATED = { replicas: 3, storage: "file" } as const;
const SHIFTS: StreamConfig = {
  name: "SHIFTS",
  subjects: ["shift.*.*"],
  retention: "work-queue",
  maxBytes: 5 * SIZE,
  discard: "new",
  ...REPLICATED,
};
const DAY: ConsumerConfig = {
  name: "day",
  mode: "push",
  deliverGroup: "crew",
  filters: ["shift.*.day"],
  ackWait: SECOND,
  maxDeliver: 3,
};
const NIGHT: ConsumerConfig = {
  name: "night",
  filters: ["shift.*.night", "shift.*.late"],
  ackWait: SECOND,
  maxDeliver: 1,
};
const RING: StreamConfig = {
  name: "RING",
  subjects: ["ring.>"],
  retention: "interest",
  maxBytes: 4 * SIZE,
  maxMessagesPerSubject: 2,
  maxAge: 9 * SECOND,
  ...REPLICATED,
};
const LEFT: ConsumerConfig = { name: "left", filters: ["ring.a.>"], ackWait: SECOND, maxDeliver: 2 };
const RIGHT: ConsumerConfig = { name: "right", filters: ["ring.*.b", "ring.a.c"], ackWait: SECOND };

const NONSENSE_AT_A_TIME = 4;
const REST: Micros = 9 * SECOND;
/** By then every broker has heard that a member is gone. */
const KNOWN_AFTER: Micros = ms(1_200);

export function startSteward(host: Host, client: BrokerClient): void {
  void new Steward(host, client).run();
}

class Steward {
  readonly #host: Host;
  readonly #client: BrokerClient;
  /** Begins anywhere: no life is long enough for all of them. */
  #asked: number;

  constructor(host: Host, client: BrokerClient) {
    this.#host = host;
    this.#client = client;
    this.#asked = host.random.below(NONSENSE.length);
  }

  async run(): Promise<void> {
    const client = this.#client;
    for (const stream of [SHIFTS, RING]) await this.#asOften(() => client.createStream(stream));
    for (const consumer of [DAY, NIGHT])
      await this.#asOften(() => client.createConsumer(SHIFTS.name, consumer));
    const take = (delivery: Delivery): void => void delivery.ack();
    for (let member = 0; member < 2; member++)
      client.subscribe(SHIFTS.name, DAY.name, take, DAY.deliverGroup);
    for (let round = 1; ; round++) {
      for (const consumer of [LEFT, RIGHT])
        await this.#asOften(() => client.createConsumer(RING.name, consumer));
      const helper = client.subscribe(SHIFTS.name, DAY.name, take, DAY.deliverGroup);
      await this.#publishAll(round);
      await this.#work(NIGHT.name, SHIFTS.name);
      await this.#look();
      helper.stop();
      await this.#host.sleep(KNOWN_AFTER);
      await this.#publishAll(-round);
      await this.#work(RIGHT.name, RING.name);
      await this.#askForNonsense();
      await this.#asOften(() => client.deleteConsumer(RING.name, LEFT.name));
      await this.#work(RIGHT.name, RING.name);
      await this.#work(NIGHT.name, SHIFTS.name);
      await this.#look();
      await this.#asOften(() => client.purgeStream(SHIFTS.name));
      await this.#host.sleep(REST);
    }
  }

  async #publishAll(round: number): Promise<void> {
    const subjects = [
      "shift.one.night",
      "shift.two.late",
      ...Array.from({ length: 6 }, () => "shift.one.day"),
      "ring.a.b",
      "ring.a.c",
      "ring.a.c",
      "ring.a.c.d",
      "ring.c.b",
      "ring.z.z",
      // of one word too few, one too many, and one that is only the beginning of a word
      "shift.one",
      "shift.one.day.off",
      "rin.a.b",
    ];
    await Promise.all(
      subjects.map(async (subject, n) => {
        const outcome = await this.#client.publish(subject, filled(subject, round, n));
        if (outcome.status === "refused" && outcome.reason === "stream-full")
          this.#host.reached(GOALS.fullOfBytes);
      }),
    );
  }

  /** Acks the first at once, and one more so late that it was given up or given again meanwhile. */
  async #work(consumer: string, stream: string): Promise<void> {
    const pulled = await this.#client.pull(stream, consumer, { batch: 2, wait: ms(300) });
    if (pulled.status !== "ok") return;
    const [first, second] = pulled.value;
    await first?.ack();
    if (second === undefined) return;
    await this.#host.sleep(ms(1_300));
    const { status } = await second.ack();
    if (status === "ok") this.#host.reached(GOALS.ackedLate);
  }

  async #look(): Promise<void> {
    const client = this.#client;
    for (const { name } of [SHIFTS, RING]) await client.streamState(name);
    await client.consumerState(SHIFTS.name, NIGHT.name);
    await client.consumerState(RING.name, RIGHT.name);
    await client.readStream(SHIFTS.name, { after: 2, limit: 3, filter: "shift.*.day" });
    await client.readStream(RING.name, { after: 0, limit: 2, filter: "ring.a.>" });
  }

  /** A few at a time, in turns. */
  async #askForNonsense(): Promise<void> {
    for (let n = 0; n < NONSENSE_AT_A_TIME; n++) {
      const nonsense = NONSENSE[this.#asked++ % NONSENSE.length];
      if (nonsense === undefined) continue;
      const { status } = await this.#asOften(() => this.#declare(nonsense));
      // What makes sense after all is not kept.
      if (status === "ok" && nonsense.of === "stream")
        await this.#asOften(() => this.#client.deleteStream(nonsense.config.name));
      if (status === "ok" && nonsense.of === "consumer")
        await this.#asOften(() => this.#client.deleteConsumer(nonsense.stream, nonsense.config.name));
    }
  }

  #declare(nonsense: Nonsense): Promise<BrokerOutcome<void>> {
    switch (nonsense.of) {
      case "stream":
        return this.#client.createStream(nonsense.config);
      case "change":
        return this.#client.updateStream(nonsense.config);
      case "consumer":
        return this.#client.createConsumer(nonsense.stream, nonsense.config);
    }
  }

  #asOften<R>(attempt: () => Promise<BrokerOutcome<R>>): Promise<BrokerOutcome<R>> {
    return untilAnswered(this.#host, attempt);
  }
}

/** All in letters of one byte. */
function filled(subject: string, round: number, n: number): Json {
  const size = (n + Math.abs(round)) % 4 === 0 ? 2 * SIZE : SIZE;
  const taken = subject.length + EMPTY_HEADERS.length + JSON.stringify({ round, n, note: "" }).length;
  return { round, n, note: "x".repeat(size - taken) };
}

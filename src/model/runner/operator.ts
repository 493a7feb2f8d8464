/**
 * The operator: asks nodes how they are, drains and starts them, loads manifests anew, replays, places ranges of tenants,
 * and makes streams larger. A command that was not answered is asked again; each is harmless when it was done before.
 */
import { type Host, type Json, type Operation, TIMED_OUT } from "seedstorm";
import type { RunnerBroker } from "./broker-port.js";
import { GOALS } from "./goals.js";
import { CLIENT_PAUSE, type RunnerKnobs } from "./knobs.js";
import { placementKey } from "./placement.js";
import type { ReplayRequest } from "./replay.js";
import type { Settings } from "./settings.js";
import { type Durability, streamsOf } from "./topology.js";
import { ADMIN, type AdminPath, type AdminReply } from "./wire.js";

interface Ask {
  readonly node: string;
  readonly path: AdminPath;
  readonly body: Json;
}

interface Enlarge {
  readonly messages: number;
}

interface Place {
  readonly bucket: string;
  readonly range: number;
  readonly shard: string;
}

export class Operator {
  readonly #host: Host;
  readonly #knobs: RunnerKnobs;
  readonly #broker: RunnerBroker;
  readonly #settings: Settings;
  readonly #durability: Durability;

  constructor(
    host: Host,
    knobs: RunnerKnobs,
    broker: RunnerBroker,
    settings: Settings,
    durability: Durability,
  ) {
    this.#host = host;
    this.#knobs = knobs;
    this.#broker = broker;
    this.#settings = settings;
    this.#durability = durability;
  }

  start(operations: readonly Operation[]): void {
    for (const { id, at, action, body } of operations) {
      this.#host.after(at, () => {
        void this.#carryOut(id, action, body);
      });
    }
  }

  async #carryOut(requestId: string, action: string, body: Json): Promise<void> {
    // bodies have the shapes that the workload gives them
    switch (action) {
      case "ask": {
        const ask = body as unknown as Ask;
        await this.#call(requestId, ask.path, ask.node, () => this.#ask(ask));
        return;
      }
      case "replay": {
        const { node, ...request } = body as unknown as ReplayRequest & { readonly node: string };
        await this.#call(requestId, "replay", `${request.tenant}/${request.saga}`, () =>
          this.#replay(node, request),
        );
        return;
      }
      case "enlarge": {
        const { messages } = body as unknown as Enlarge;
        await this.#call(requestId, "enlarge-streams", String(messages), () => this.#enlarge(messages));
        return;
      }
      case "place": {
        const place = body as unknown as Place;
        await this.#call(requestId, "place-range", placementKey(place.range), () => this.#place(place));
      }
    }
  }

  async #call(
    requestId: string,
    operation: string,
    key: string,
    act: () => Promise<AdminReply | undefined>,
  ): Promise<void> {
    const call = { requestId, operation, key } as const;
    this.#host.record({ kind: "client", phase: "call", ...call, value: null });
    for (let tried = 0; tried < this.#knobs.clientTries; tried++) {
      const reply = await act();
      // an unready node answers with 503, which is an answer
      if (reply !== undefined) {
        const phase = reply.status < 400 ? "ok" : "fail";
        this.#host.record({
          kind: "client",
          phase,
          ...call,
          value: { status: reply.status, body: reply.body },
        });
        return;
      }
      await this.#host.sleep(CLIENT_PAUSE);
    }
    this.#host.record({ kind: "client", phase: "info", ...call, value: null });
  }

  async #ask({ node, path, body }: Ask): Promise<AdminReply | undefined> {
    const reply = await this.#host.request(ADMIN, node, { path, body }, 3 * this.#knobs.clientTimeout);
    if (reply === TIMED_OUT) return undefined;
    // a node is started when its drain is over
    const { phase } = (reply.body ?? {}) as { readonly phase?: string };
    return path === "/admin/start" && phase === "draining" ? undefined : reply;
  }

  /** Reads the checkpoint first, and then says what it read. */
  async #replay(node: string, request: ReplayRequest): Promise<AdminReply | undefined> {
    const path = "/admin/replay";
    const read = await this.#ask({ node, path, body: { ...request, expected: -1 } as unknown as Json });
    const expected = (read?.body as { readonly checkpoint?: number } | undefined)?.checkpoint;
    if (read === undefined || expected === undefined) return read?.status === 503 ? undefined : read;
    const reply = await this.#ask({ node, path, body: { ...request, expected } as unknown as Json });
    return reply?.status === 503 || reply?.status === 409 ? undefined : reply;
  }

  async #enlarge(maxMessages: number): Promise<AdminReply | undefined> {
    for (const config of streamsOf(this.#settings, { ...this.#durability, maxMessages })) {
      const { status } = await this.#broker.updateStream(config);
      if (status !== "ok") return undefined;
    }
    this.#host.reached(GOALS.streamsEnlarged);
    return { status: 200, body: { messages: maxMessages } };
  }

  async #place({ bucket, range, shard }: Place): Promise<AdminReply | undefined> {
    const key = placementKey(range);
    const put = await this.#broker.bucket(bucket).put(key, { shard });
    if (put.status !== "ok") return undefined;
    this.#host.record({
      kind: "operator",
      operation: "place",
      detail: { range: key, shard, revision: put.value },
    });
    return { status: 200, body: { revision: put.value } };
  }
}

/** Commands and reads of a client, and what they come to. The leader of what a request is about is found as for any group. */
import { type Host, type Micros, seconds } from "seedstorm";
import { GroupClient, type Unanswered } from "../replication/group-client.js";
import type { BrokerOutcome } from "./api.js";
import type { BrokerClientOptions } from "./client-api.js";
import type { BrokerResult, ClientCommand } from "./commands.js";
import {
  BROKER,
  type BrokerAnswer,
  type BrokerQuestion,
  type BrokerRead,
  type BrokerReadValue,
} from "./protocol.js";

const TIMEOUT: Micros = seconds(5);
const ATTEMPT_TIMEOUT: Micros = seconds(1);

/** What a command came to, and the stream that it was about. */
export interface Committed {
  readonly result: BrokerResult & { readonly ok: true };
  readonly stream: string;
}

export class Requests {
  readonly #host: Host;
  readonly #groups: GroupClient;

  constructor(
    host: Host,
    client: string,
    { brokers, timeout = TIMEOUT, attemptTimeout = ATTEMPT_TIMEOUT }: BrokerClientOptions,
  ) {
    this.#host = host;
    const options = { members: brokers, timeout, attemptTimeout, round: "from-first" } as const;
    this.#groups = new GroupClient(host, client, options);
  }

  /** @param wait how long the broker may wait before it answers. */
  async command(about: string, command: ClientCommand, wait: Micros = 0): Promise<BrokerOutcome<Committed>> {
    const session = this.#groups.open();
    const question = { kind: "command", command, session, wait } as const;
    const reply = this.#reported(await this.#ask(about, question, wait));
    this.#groups.close(session);
    if (reply.status !== "done") return { status: reply.status === "unknown" ? "unknown" : "unavailable" };
    const { result, stream } = reply;
    if (!result.ok) return { status: "refused", reason: result.reason };
    return { status: "ok", value: { result, stream } };
  }

  async read<R extends BrokerRead>(read: R): Promise<BrokerOutcome<BrokerReadValue<R>>> {
    const wait = read.what === "messages" ? read.wait : 0;
    const reply = this.#reported(await this.#ask(read.stream, { kind: "read", read }, wait));
    if (reply.status === "read") return { status: "ok", value: reply.value as BrokerReadValue<R> }; // by the same table
    if (reply.status === "done" && !reply.result.ok)
      return { status: "refused", reason: reply.result.reason };
    return { status: "unavailable" };
  }

  #ask(about: string, question: BrokerQuestion, wait: Micros): Promise<BrokerAnswer | Unanswered> {
    return this.#groups.ask(about, wait, ({ member, timeout }) =>
      this.#host.request(BROKER, member, question, timeout),
    );
  }

  #reported<A extends BrokerAnswer | Unanswered>(reply: A): A | Unanswered {
    const isHidden = reply.status === "unknown" && this.#host.defect("broker-unknown-called-failed");
    return isHidden ? { status: "unavailable" } : reply;
  }
}

/**
 * Customers and shops: they submit commands to the gateway, each under one id until it is answered, and some with a trace.
 */
import { type Host, type Json, type Operation, sha256, TIMED_OUT } from "seedstorm";
import { HEADERS } from "./envelope.js";
import { CLIENT_PAUSE, type RunnerKnobs } from "./knobs.js";
import { formatTraceparent } from "./trace.js";
import { SUBMIT } from "./wire.js";

interface Submit {
  readonly tenant: string;
  readonly aggregate: string;
  readonly id: string;
  readonly command: string;
  readonly payload: { readonly [name: string]: Json };
  readonly traced: boolean;
}

export class Client {
  readonly #host: Host;
  readonly #knobs: RunnerKnobs;
  readonly #gateway: string;

  constructor(host: Host, knobs: RunnerKnobs, gateway: string) {
    this.#host = host;
    this.#knobs = knobs;
    this.#gateway = gateway;
  }

  start(operations: readonly Operation[]): void {
    for (const { id, at, body } of operations) {
      const submit = body as unknown as Submit; // the workload's own shape
      this.#host.after(at, () => {
        void this.#submit(id, submit);
      });
    }
  }

  async #submit(
    commandId: string,
    { tenant, aggregate, id, command, payload, traced }: Submit,
  ): Promise<void> {
    const { clientTimeout, clientTries } = this.#knobs;
    const call = { requestId: commandId, operation: command, key: JSON.stringify([tenant, id]) } as const;
    const headers = {
      [HEADERS.tenant]: tenant,
      [HEADERS.correlation]: id,
      ...(traced ? { [HEADERS.trace]: traceOf(commandId) } : {}),
    };
    this.#host.record({ kind: "client", phase: "call", ...call, value: { tenant, aggregate, ...payload } });
    for (let tried = 0; tried < clientTries; tried++) {
      const submission = { headers, commandId, aggregate, id, command, payload };
      const reply = await this.#host.request(SUBMIT, this.#gateway, submission, clientTimeout);
      if (reply !== TIMED_OUT && reply.status < 500) {
        const phase = reply.status < 300 ? "ok" : "fail";
        this.#host.record({ kind: "client", phase, ...call, value: { status: reply.status, ...reply.body } });
        return;
      }
      await this.#host.sleep(CLIENT_PAUSE);
    }
    this.#host.record({ kind: "client", phase: "info", ...call, value: null });
  }
}

const encoder = new TextEncoder();

/** A trace of its own for each command. */
function traceOf(commandId: string): string {
  const digits = sha256(encoder.encode(commandId));
  return formatTraceparent({ traceId: digits.slice(0, 32), parentId: digits.slice(32, 48), flags: "01" });
}

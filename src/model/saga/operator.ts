/**
 * The operator: enqueues runs by hand, deploys new versions, makes good what failed runs have left, and now
 * and then changes something at the cloud behind the engine's back. Stands outside of the failure model.
 */
import { type Host, type Json, type Micros, ms, type Operation, TIMED_OUT, type TimedOut } from "seedstorm";
import { CLOUD, type CloudResource } from "./cloud.js";
import { GOALS } from "./goals.js";
import type { SagaKnobs } from "./knobs.js";
import { asRow, type SagaRun, type StepResult } from "./records.js";
import { noteOf } from "./steps/resources.js";
import { DEPLOY, LIST_SAGAS, LIST_STEP_RESULTS, type Listed, RE_ENQUEUE, START_SAGA } from "./wire.js";

const PAUSE = ms(400);

/** What an operator is asked to do, by the workload's verb. */
interface Task {
  readonly sagaId?: string;
  readonly host?: string;
  readonly version?: number;
  /** How a resource is changed by hand, and which: a number that picks one. */
  readonly change?: "resize" | "delete" | "create";
  readonly pick?: number;
  /** After how long it is taken back. */
  readonly for?: Micros;
}

export class Operator {
  readonly #host: Host;
  readonly #knobs: SagaKnobs;
  readonly #api: string;

  constructor(host: Host, knobs: SagaKnobs, api: string) {
    this.#host = host;
    this.#knobs = knobs;
    this.#api = api;
  }

  /** @param operations this host's part of the workload: `re-enqueue`, `deploy`, `clean-up` and `tamper`. */
  start(operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.#host.after(operation.at, () => {
        void this.#perform(operation);
      });
    }
  }

  async #perform({ id, action, body }: Operation): Promise<void> {
    const task = body as Task; // what a workload of this system holds for the verb
    this.#host.record({ kind: "operator", operation: action, detail: { ...task } });
    switch (action) {
      case "re-enqueue": {
        const sagaId = task.sagaId ?? "";
        const request = { sagaId, jobId: `${sagaId}/${id}` };
        await this.#insist(() =>
          this.#host.request(RE_ENQUEUE, this.#api, request, this.#knobs.clientTimeout),
        );
        return;
      }
      case "deploy":
        return this.#deploy(task.host ?? "", task.version ?? 1);
      case "clean-up":
        return this.#cleanUp(id);
      case "tamper":
        return this.#tamper(id, task);
    }
  }

  /** Goes on until it is done: a deploy is not over while a host runs the old version. */
  async #deploy(target: string, version: number): Promise<void> {
    for (;;) {
      const reply = await this.#host.request(DEPLOY, target, { version }, this.#knobs.clientTimeout);
      if (reply !== TIMED_OUT) return;
      await this.#host.sleep(PAUSE);
    }
  }

  /** For each run that failed, one that removes by force what its compensation has left. */
  async #cleanUp(id: string): Promise<void> {
    const failed = await this.#list(() =>
      this.#host.request(LIST_SAGAS, this.#api, { status: "failed" }, this.#knobs.clientTimeout),
    );
    for (const run of failed) {
      const steps = await this.#list(() =>
        this.#host.request(LIST_STEP_RESULTS, this.#api, { sagaId: run.id }, this.#knobs.clientTimeout),
      );
      await this.#rollBack(`${run.id}-${id}`, run, steps);
    }
  }

  async #rollBack(sagaId: string, run: SagaRun, steps: readonly StepResult[]): Promise<void> {
    const left = steps.filter(({ status }) => status === "compensation_failed").reverse();
    const leftovers = left.map(({ token, stepIdx }) => {
      const note = noteOf(run.context, stepIdx);
      return { token, note: note === undefined ? null : asRow(note) };
    });
    const request = {
      sagaId,
      kind: "rollback" as const,
      stepModules: left.map(() => "Steps.RemoveLeftover"),
      inputs: { failed: run.id, leftovers },
      deploymentId: run.deploymentId,
      triggeredBy: "operator",
      after: run.id,
    };
    const reply = await this.#insist(() =>
      this.#host.request(START_SAGA, this.#api, request, this.#knobs.clientTimeout),
    );
    if (reply?.status === "started") this.#host.reached(GOALS.cleanedUp);
  }

  /** Somebody uses the cloud's own console, and takes back after a while what can be taken back. */
  async #tamper(id: string, { change = "resize", pick = 0, for: duration = 0 }: Task): Promise<void> {
    const listed = await this.#byHand<readonly CloudResource[]>("list", id, null);
    const resource = listed?.[pick % listed.length];
    if (resource === undefined) return;
    if (change === "create") {
      const { deployment } = resource;
      const made = await this.#byHand<{ readonly resource: string }>("create", id, {
        kind: "volume",
        deployment,
        spec: { size: "by hand" },
      });
      await this.#host.sleep(duration);
      if (made !== undefined) await this.#byHand("delete", `${id}:back`, { resource: made.resource });
      return;
    }
    await this.#byHand(change, id, { resource: resource.id, size: "by hand" });
    if (change === "delete") return;
    await this.#host.sleep(duration);
    await this.#byHand("resize", `${id}:back`, { resource: resource.id, size: resource.spec.size ?? null });
  }

  async #byHand<R>(operation: string, id: string, body: Json): Promise<R | undefined> {
    const reply = await this.#host.call<R>(CLOUD, operation, `by-hand:${id}`, body, this.#knobs.callTimeout);
    return reply === TIMED_OUT || !reply.ok ? undefined : reply.value;
  }

  async #list<T>(ask: () => Promise<Listed<T> | TimedOut>): Promise<readonly T[]> {
    const reply = await this.#insist(ask);
    return reply?.status === "ok" ? reply.items : [];
  }

  async #insist<R extends { readonly status: string }>(
    ask: () => Promise<R | TimedOut>,
  ): Promise<R | undefined> {
    for (let tries = 0; tries < this.#knobs.clientTries; tries++) {
      if (tries > 0) await this.#host.sleep(PAUSE);
      const reply = await ask();
      if (reply !== TIMED_OUT && reply.status !== "unknown") return reply;
    }
    return undefined;
  }
}

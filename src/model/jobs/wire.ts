/** Jobs, and what clients, workers and those who make trouble say to each other. */
import { type Json, type Micros, rpc } from "seedstorm";

export const JOB_KINDS = ["plain", "slow", "declined", "poison"] as const;
/** `declined`: the mill does not take it. `poison`: whoever works on it crashes. */
export type JobKind = (typeof JOB_KINDS)[number];

export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  /** How long a slow one takes. */
  readonly effort: Micros;
}

/** What has become of a job. `given-up`: it went to the dead letters, and may have been done by half. */
export type JobResult =
  | { readonly status: "done" | "declined" | "given-up" }
  | { readonly status: "refused"; readonly reason: string };

export const SUBMIT = rpc<Job, JobResult>("jobs/submit");

export const TARGETS = ["job-actor", "consumer", "pool", "many"] as const;
/** What is killed on a worker; `many`: more job actors in a row than their pool may replace. */
export type Target = (typeof TARGETS)[number];

export const KILL = rpc<{ readonly target: Target; readonly pick: number }, "ok">("jobs/kill");
/** The worker takes its instance out of the registries, and comes back under another name. */
export const RETIRE = rpc<null, "ok">("jobs/retire");

export function asJob(id: string, body: Json): Job {
  const { kind = "plain", effort = 0 } = body as unknown as Partial<Job>; // workloads write jobs
  return { id, kind, effort };
}

/**
 * What can be wrong with a message or with what is done about it, as data: who handles one decides by its kind whether it
 * will be better the next time. It leaves out what store and broker answer to requests; those have outcomes of their own.
 */
import type { StoreErrorCode } from "../storage/transaction.js";

export type RunnerError =
  /** The store did not answer, or did not commit. Worth another try. */
  | { readonly kind: "storage"; readonly reason: StoreErrorCode | "full" | "unknown" }
  /** The broker did not take or give a message. Worth another try. */
  | { readonly kind: "stream"; readonly reason: string }
  /** A message is not what its subject says: it will never be. */
  | { readonly kind: "decode"; readonly path: string; readonly reason: string }
  /** A saga program failed, as it will whenever it is given the same. */
  | {
      readonly kind: "program";
      readonly program: string;
      readonly reason: ProgramFault;
      readonly node: string;
    }
  /** A message speaks for another tenant than its subject does. */
  | { readonly kind: "tenant"; readonly expected: string; readonly found: string }
  /** A rule of the runner's own: it was delivered too often, or it is for an effect that nobody provides. */
  | { readonly kind: "policy"; readonly reason: string };

export type ProgramFault = "out-of-gas" | "too-many-steps" | "type" | "too-large" | "bad-result";

/** Thrown where an error has to pass through code that can do nothing about it. */
export class RunnerFailure extends Error {
  override readonly name = "RunnerFailure";
  constructor(readonly error: RunnerError) {
    super(describe(error));
  }
}

/** One sentence for logs and quarantine records. */
export function describe(error: RunnerError): string {
  switch (error.kind) {
    case "storage":
      return `the store is ${error.reason}`;
    case "stream":
      return `the broker answered ${error.reason}`;
    case "decode":
      return `${error.path}: ${error.reason}`;
    case "program":
      return `program ${error.program} failed at ${error.node}: ${error.reason}`;
    case "tenant":
      return `the message speaks for tenant "${error.found}" on a subject of tenant "${error.expected}"`;
    case "policy":
      return error.reason;
  }
}

/** What members of groups answer their clients when they do not have the answer themselves. */
import type { Proposed } from "./machine.js";

export type Elsewhere =
  | { readonly status: "redirect"; readonly leader: string | undefined }
  /** Not done, and not now. */
  | { readonly status: "unavailable" }
  /** Perhaps done. */
  | { readonly status: "unknown" };

/** Of a command that was not done. */
export function elsewhere(proposed: Extract<Proposed<unknown>, { readonly ok: false }>): Elsewhere {
  switch (proposed.reason) {
    case "not-leader":
      return { status: "redirect", leader: proposed.leader };
    case "unavailable":
    case "unknown":
      return { status: proposed.reason };
  }
}

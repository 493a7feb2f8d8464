/**
 * A carrier: an outside service that makes shipping labels.
 *
 * A label is known by its token, and a repeated call is answered with the same label. Carriers know nothing of each other. To
 * void a label that the carrier has not made spends its token: should the call for it come after all, it is refused. There
 * are addresses that a carrier does not serve.
 */
import type { ExternalCall, ExternalModel, ExternalResult, Json } from "seedstorm";

/** In the order in which they are asked. */
export const CARRIERS = ["fedex", "ups"] as const;

/** Addresses that not everybody serves; any other is fine. */
export const ADDRESSES = {
  /** The first carrier does not go there. */
  remote: "remote island",
  /** No carrier does. */
  nowhere: "nowhere",
} as const;

interface Label {
  readonly order: string;
  readonly number: string;
  readonly voided: boolean;
}

const read = (value: Json): ExternalResult => ({ ok: true, value, applied: false });
const refused = (error: string): ExternalResult => ({ ok: false, error });

export class Carrier implements ExternalModel {
  readonly #name: string;
  readonly #labels = new Map<string, Label>();

  constructor(name: string) {
    this.#name = name;
  }

  apply({ operation, token, body }: ExternalCall): ExternalResult {
    const known = this.#labels.get(token);
    const { order = "", address = "" } = body as { readonly order?: string; readonly address?: string };
    switch (operation) {
      case "create-label": {
        if (known !== undefined) return known.voided ? refused("spent") : read(shown(known));
        const unserved =
          address === ADDRESSES.nowhere || (address === ADDRESSES.remote && this.#name === CARRIERS[0]);
        if (unserved) return refused("not-served");
        const label: Label = { order, number: `${this.#name}-${this.#labels.size + 1}`, voided: false };
        this.#labels.set(token, label);
        return { ok: true, value: shown(label), applied: true };
      }
      case "void-label": {
        if (known?.voided === true) return read(shown(known));
        const label: Label = { order, number: "", ...known, voided: true };
        this.#labels.set(token, label);
        return { ok: true, value: shown(label), applied: true };
      }
      default:
        return refused("bad-call");
    }
  }
}

function shown({ order, number }: Label): Json {
  return { order, label: number };
}

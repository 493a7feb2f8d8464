/** What producers, keepers and tellers do: messages of every kind, keys of a bucket, transfers between accounts. */
import * as fc from "fast-check";
import { type Json, MILLISECOND, type Micros, type Operation } from "seedstorm";
import { ACCOUNTS } from "../../model/broker/clients/teller.js";
import { KEEPERS, PRODUCERS, TELLERS } from "./topology.js";

export interface WorkloadShape {
  readonly messages: { readonly min: number; readonly max: number };
  readonly keys: { readonly min: number; readonly max: number };
  readonly transfers: { readonly min: number; readonly max: number };
  /** In one of so many universes the steward is at work, too; 0: in none. */
  readonly tended: number;
  /** When many small transactions come one after the other. */
  readonly stamps: readonly Micros[];
  readonly from: Micros;
  readonly to: Micros;
}

const SUBJECTS = [
  "orders.eu.small",
  "orders.eu.big",
  "orders.us.small",
  "orders.us.big",
  "jobs.build",
  "jobs.test",
  "news.local.a",
  "news.world.b",
  "recent.x",
  "recent.y",
  "recent.z",
  "capped",
  "local.one",
  "fleeting",
] as const;
const KEYS = ["limits.cpu", "limits.memory", "feature.a", "owner"] as const;
/** Some messages are too large for one of the streams. */
const LARGE = "x".repeat(400);

const pick = <T>(items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);

function operations(
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
  shape: WorkloadShape,
  what: fc.Arbitrary<{ readonly host: string; readonly action: string; readonly body: (id: string) => Json }>,
): fc.Arbitrary<Operation[]> {
  const one = fc.tuple(fc.integer({ min: shape.from, max: shape.to }), what);
  return fc.array(one, { minLength: min, maxLength: max, size: "max" }).map((drawn) =>
    drawn.map(([at, { host, action, body }], i) => {
      const id = `${name}${i + 1}`;
      return { id, at, host, action, body: body(id) };
    }),
  );
}

export function workload(shape: WorkloadShape): fc.Arbitrary<Operation[]> {
  const message = fc
    .record({
      host: pick(PRODUCERS),
      subject: pick(SUBJECTS),
      hasId: fc.integer({ min: 0, max: 9 }),
      repeat: fc.integer({ min: 0, max: 9 }),
      repeatAfter: fc.integer({ min: 100, max: 9_000 }),
      poison: fc.integer({ min: 0, max: 11 }),
      large: fc.integer({ min: 0, max: 14 }),
    })
    .map(({ host, subject, hasId, repeat, repeatAfter, poison, large }) => ({
      host,
      action: "publish",
      body: (id: string): Json => ({
        subject,
        data: { n: id, poison: poison === 0, ...(large === 0 ? { filling: LARGE } : {}) },
        id: hasId < 7 ? id : "",
        repeatAfter: hasId < 7 && repeat < 4 ? repeatAfter * MILLISECOND : 0,
        expects: hasId >= 8 && subject.startsWith("orders.") ? "ORDERS" : "",
      }),
    }));
  const key = fc
    .record({
      host: pick(KEEPERS),
      action: fc.constantFrom("put", "put", "create", "update", "update", "delete", "get", "get"),
      key: pick(KEYS),
      value: fc.nat({ max: 99 }),
    })
    .map(({ host, action, key: name, value }) => ({
      host,
      action,
      body: (): Json => ({ key: name, value }),
    }));
  const transfer = fc
    .record({
      host: pick(TELLERS),
      from: pick(ACCOUNTS),
      to: pick(ACCOUNTS),
      amount: fc.integer({ min: 1, max: 30 }),
      looksAtAll: fc.boolean(),
    })
    .map(({ host, ...body }) => ({ host, action: "transfer", body: (): Json => body }));
  return fc
    .tuple(
      operations("m", shape.messages, shape, message),
      operations("k", shape.keys, shape, key),
      operations("t", shape.transfers, shape, transfer),
    )
    .map((all) => [
      ...tending(shape, all[0]),
      ...[...all.flat(), ...stamping(shape)].sort((a, b) => a.at - b.at),
    ]);
}

/** Decided by what was drawn already, so that universes are drawn as they were before there was a steward. */
function tending({ tended, from }: WorkloadShape, messages: readonly Operation[]): Operation[] {
  const times = messages.reduce((sum, { at }) => sum + at, 0);
  if (tended === 0 || times % tended !== 0) return [];
  return [{ id: "tend", at: from, host: "admin", action: "tend", body: null }];
}

const stamping = ({ stamps }: WorkloadShape): Operation[] =>
  stamps.map((at, n) => ({ id: `s${n + 1}`, at, host: TELLERS[0], action: "stamp", body: null }));

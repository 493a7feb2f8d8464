/**
 * Consistency models of transactions, which of them is stronger than which, and which anomaly rules out which: after Adya's
 * thesis (1999), Cerone, Bernardi and Gotsman (CONCUR 2015), and Bailis and others (VLDB 2014).
 */

/** From weak to strong; each names the models that it includes. */
const INCLUDES = {
  "read-uncommitted": [],
  "read-committed": ["read-uncommitted"],
  "monotonic-atomic-view": ["read-committed"],
  "repeatable-read": ["monotonic-atomic-view"],
  "consistent-view": ["monotonic-atomic-view"],
  "parallel-snapshot-isolation": ["consistent-view"],
  "snapshot-isolation": ["parallel-snapshot-isolation"],
  serializable: ["repeatable-read", "snapshot-isolation"],
  "strong-session-snapshot-isolation": ["snapshot-isolation"],
  "strong-snapshot-isolation": ["strong-session-snapshot-isolation"],
  "strong-session-serializable": ["serializable", "strong-session-snapshot-isolation"],
  "strict-serializable": ["strong-session-serializable", "strong-snapshot-isolation"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type ConsistencyModel = keyof typeof INCLUDES;

export const CONSISTENCY_MODELS = Object.keys(INCLUDES) as readonly ConsistencyModel[];

interface AnomalyKind {
  /** What happened, in a few words. */
  readonly sentence: string;
  /** The weakest models that don't allow it. */
  readonly rulesOut: readonly ConsistencyModel[];
}

const strongSession: readonly ConsistencyModel[] = ["strong-session-snapshot-isolation"];
const strong: readonly ConsistencyModel[] = ["strong-snapshot-isolation"];

/** From bad to subtle. */
export const ANOMALIES = {
  "unwritten-read": { sentence: "a value was read that nobody wrote", rulesOut: ["read-uncommitted"] },
  "duplicate-elements": {
    sentence: "a list holds what was appended once more than once",
    rulesOut: ["read-uncommitted"],
  },
  G0: {
    sentence: "dirty write: writes of transactions overwrite each other in a circle",
    rulesOut: ["read-uncommitted"],
  },
  "incompatible-order": {
    sentence: "two reads of a list agree on no order of its elements",
    rulesOut: ["read-committed"],
  },
  G1a: { sentence: "aborted read: what an aborted transaction wrote was read", rulesOut: ["read-committed"] },
  "dirty-update": {
    sentence: "a committed write was built on one that was aborted",
    rulesOut: ["read-committed"],
  },
  G1b: {
    sentence: "intermediate read: a value was read that its transaction went on to change",
    rulesOut: ["read-committed"],
  },
  G1c: {
    sentence: "circular information flow: transactions read each other's writes in a circle",
    rulesOut: ["read-committed"],
  },
  internal: {
    sentence: "a transaction does not see what it wrote or read itself",
    rulesOut: ["repeatable-read", "consistent-view"],
  },
  "lost-update": {
    sentence: "two transactions read the same version and both wrote the next one",
    rulesOut: ["repeatable-read", "parallel-snapshot-isolation"],
  },
  "G-single": {
    sentence: "read skew: a circle with one anti-dependency",
    rulesOut: ["repeatable-read", "consistent-view"],
  },
  "long-fork": {
    sentence: "two readers saw two writes in opposite orders",
    rulesOut: ["repeatable-read", "snapshot-isolation"],
  },
  "G-nonadjacent": {
    sentence: "a circle of which no two anti-dependencies follow one another",
    rulesOut: ["repeatable-read", "snapshot-isolation"],
  },
  "G2-item": {
    sentence: "write skew: a circle with anti-dependencies that follow one another",
    rulesOut: ["repeatable-read"],
  },
  "wrong-total": { sentence: "a read of all accounts does not add up", rulesOut: ["snapshot-isolation"] },
  "negative-balance": { sentence: "an account was read below zero", rulesOut: ["serializable"] },
  "G0-process": { sentence: "dirty write, with the order of a process", rulesOut: strongSession },
  "G1c-process": {
    sentence: "circular information flow, with the order of a process",
    rulesOut: strongSession,
  },
  "G-single-process": { sentence: "read skew, with the order of a process", rulesOut: strongSession },
  "G-nonadjacent-process": {
    sentence: "a circle without anti-dependencies that follow one another, with the order of a process",
    rulesOut: strongSession,
  },
  "G2-item-process": {
    sentence: "write skew, with the order of a process",
    rulesOut: ["strong-session-serializable"],
  },
  "G0-realtime": { sentence: "dirty write, with the order of time", rulesOut: strong },
  "G1c-realtime": { sentence: "circular information flow, with the order of time", rulesOut: strong },
  "G-single-realtime": { sentence: "read skew, with the order of time", rulesOut: strong },
  "G-nonadjacent-realtime": {
    sentence: "a circle without anti-dependencies that follow one another, with the order of time",
    rulesOut: strong,
  },
  "G2-item-realtime": { sentence: "write skew, with the order of time", rulesOut: ["strict-serializable"] },
} as const satisfies Readonly<Record<string, AnomalyKind>>;

export type AnomalyName = keyof typeof ANOMALIES;

export const ANOMALY_NAMES = Object.keys(ANOMALIES) as readonly AnomalyName[];

/** Whether a model includes another one, or is the same. */
export function includes(stronger: ConsistencyModel, weaker: ConsistencyModel): boolean {
  const direct: readonly ConsistencyModel[] = INCLUDES[stronger];
  return stronger === weaker || direct.some((model) => includes(model, weaker));
}

/** The models that can't have held, from weak to strong. */
export function ruledOut(anomalies: readonly AnomalyName[]): ConsistencyModel[] {
  const weakest: readonly ConsistencyModel[] = anomalies.flatMap((name) => ANOMALIES[name].rulesOut);
  return CONSISTENCY_MODELS.filter((model) => weakest.some((weak) => includes(model, weak)));
}

/** The strongest models that may still have held. */
export function strongestLeft(out: readonly ConsistencyModel[]): ConsistencyModel[] {
  const left = CONSISTENCY_MODELS.filter((model) => !out.includes(model));
  return left.filter((model) => !left.some((other) => other !== model && includes(other, model)));
}

/**
 * Registers and keys by accounting: where every value that is read was written once, no search is needed.
 *
 * A write and the reads of its value stand together in every order, as one block. Block X must come before block Y when
 * something in X had returned before something in Y was called. There is an order if, and only if, no two blocks must
 * come before one another, and nobody reads a value before somebody began to write it (Gibbons and Korach, SIAM J. Comput. 1997).
 * That is so for two blocks when the first return of each lies before the last call of the other. Longer circles need
 * no look: each contains one of two.
 */
import { comparable, type StateKey, shownKey } from "../values.js";
import type { Accounting, Decision, Finding } from "./accounting.js";
import { isOpen, type Operation } from "./operation.js";

/** A write and the reads of what it wrote; the value at the beginning was written by nobody. */
interface Block {
  readonly value: StateKey;
  readonly write: Operation | undefined;
  readonly reads: Operation[];
  /** The operation that returned first, and where; before everything for the value at the beginning. */
  first: Operation | undefined;
  firstReturn: number;
  /** The operation that was called last, and where. */
  last: Operation | undefined;
  lastCall: number;
}

/** @param initial what it holds at first. */
export const accountForRegister =
  (initial: StateKey): Accounting =>
  (operations) => {
    const blocks = blocksOf(operations, initial);
    if (blocks === undefined) return undefined;
    if ("culprit" in blocks) return { verdict: "not-linearizable", finding: blocks };
    return decisionOn(blocks);
  };

/** Undefined when two writes may have been meant, or something else than reads and writes was asked. */
function blocksOf(operations: readonly Operation[], initial: StateKey): Block[] | Finding | undefined {
  const writes: Operation[] = [];
  const reads: Operation[] = [];
  for (const operation of operations) {
    if (isRead(operation.f)) {
      if (!isOpen(operation)) reads.push(operation);
    } else if (operation.f === "write" || operation.f === "put" || operation.f === "delete")
      writes.push(operation);
    else return undefined;
  }
  const valueOfWrite = ({ f, input }: Operation): StateKey => (f === "delete" ? null : comparable(input));
  const writersOf = new Map<StateKey, number>([[initial, 1]]);
  for (const write of writes)
    writersOf.set(valueOfWrite(write), (writersOf.get(valueOfWrite(write)) ?? 0) + 1);
  // A key without a value may be read as an empty text.
  const isEmptyToo = !writersOf.has("");
  const seenBy = ({ f, output = null }: Operation): StateKey =>
    f === "get" && output === "" && isEmptyToo ? null : comparable(output);
  const readBy = new Map<StateKey, Operation[]>();
  for (const read of reads) {
    if (read.f === "get" && read.output === "" && !isEmptyToo) return undefined;
    const value = seenBy(read);
    const known = readBy.get(value);
    if (known === undefined) readBy.set(value, [read]);
    else known.push(read);
  }
  for (const [value, own] of readBy) {
    const writers = writersOf.get(value) ?? 0;
    if (writers > 1) return undefined;
    const [culprit] = own;
    if (writers === 0 && culprit !== undefined) {
      return { culprit, involved: [], reason: `${shownKey(value)} was read, and nobody ever wrote it` };
    }
  }
  const blocks: Block[] = [];
  const start = blockOf(initial, undefined, readBy.get(initial) ?? []);
  start.firstReturn = Number.NEGATIVE_INFINITY;
  if (start.reads.length > 0) blocks.push(start);
  for (const write of writes) {
    const value = valueOfWrite(write);
    const own = value === initial ? [] : (readBy.get(value) ?? []);
    if (own.length === 0 && isOpen(write)) continue;
    blocks.push(blockOf(value, write, own));
  }
  return blocks;
}

const isRead = (f: string): boolean => f === "read" || f === "get";

function blockOf(value: StateKey, write: Operation | undefined, reads: Operation[]): Block {
  const block: Block = {
    value,
    write,
    reads,
    first: undefined,
    firstReturn: Number.POSITIVE_INFINITY,
    last: undefined,
    lastCall: Number.NEGATIVE_INFINITY,
  };
  for (const operation of write === undefined ? reads : [write, ...reads]) {
    if (operation.ret < block.firstReturn) {
      block.firstReturn = operation.ret;
      block.first = operation;
    }
    if (operation.call > block.lastCall) {
      block.lastCall = operation.call;
      block.last = operation;
    }
  }
  return block;
}

function decisionOn(blocks: readonly Block[]): Decision {
  for (const { value, write, reads } of blocks) {
    const early = write === undefined ? undefined : reads.find(({ ret }) => ret < write.call);
    if (early === undefined || write === undefined) continue;
    const reason = `${shownKey(value)} was read before anybody began to write it`;
    return { verdict: "not-linearizable", finding: { culprit: early, involved: [write], reason } };
  }
  const clash = clashIn(blocks);
  if (clash !== undefined) return { verdict: "not-linearizable", finding: clash };
  // Of two blocks of which one must come first, that one has the smaller sum.
  const ordered = [...blocks].sort((a, b) => a.firstReturn + a.lastCall - (b.firstReturn + b.lastCall));
  const order = ordered.flatMap(({ write, reads }) => (write === undefined ? reads : [write, ...reads]));
  return { verdict: "linearizable", order };
}

/** Two blocks of which each must come before the other. */
function clashIn(blocks: readonly Block[]): Finding | undefined {
  const byFirst = [...blocks].sort((a, b) => a.firstReturn - b.firstReturn);
  const byLast = [...blocks].sort((a, b) => a.lastCall - b.lastCall);
  let next = 0;
  /** Of the blocks so far, the two that were called last. */
  let [latest, second]: (Block | undefined)[] = [];
  for (const block of byLast) {
    for (
      let other = byFirst[next];
      other !== undefined && other.firstReturn < block.lastCall;
      other = byFirst[++next]
    ) {
      if (latest === undefined || other.lastCall > latest.lastCall) [latest, second] = [other, latest];
      else if (second === undefined || other.lastCall > second.lastCall) second = other;
    }
    const other = latest === block ? second : latest;
    if (other !== undefined && other.lastCall > block.firstReturn) return clash(other, block);
  }
  return undefined;
}

function clash(one: Block, other: Block): Finding {
  const involved = [one.write, one.first, one.last, other.write, other.first, other.last].filter(
    (operation) => operation !== undefined,
  );
  const answered = involved.filter((operation) => !isOpen(operation));
  const culprit = answered.reduce((last, operation) => (operation.ret > last.ret ? operation : last));
  const [x, y] = [shownKey(one.value), shownKey(other.value)];
  const before = (first: Block, then: Block): string =>
    first.write === undefined && !(first.firstReturn > Number.NEGATIVE_INFINITY)
      ? `${shownKey(first.value)} was there from the beginning`
      : `something of ${shownKey(first.value)} had returned before something of ${shownKey(then.value)} was asked`;
  const reason = `the write of a value and all reads of it stand together in every order, but ${before(one, other)}, and ${before(other, one)}: neither ${x} nor ${y} can come first`;
  return { culprit, involved, reason };
}

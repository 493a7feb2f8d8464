/**
 * W3C trace context: the `traceparent` header, version 00. A message that comes without one, or with one that is not
 * well-formed, begins no trace of its own: what the source did not have is not made up.
 */

export interface TraceContext {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits, not all zero. */
  readonly parentId: string;
  /** Two hexadecimal digits. */
  readonly flags: string;
}

const SHAPE = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROES = /^0+$/;

/** Undefined unless it is one that the standard takes. Later versions may say more after the flags; version 00 may not. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const found = SHAPE.exec(header ?? "");
  if (found === null) return undefined;
  const [, version = "", traceId = "", parentId = "", flags = "", rest] = found;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (ZEROES.test(traceId) || ZEROES.test(parentId)) return undefined;
  return { traceId, parentId, flags };
}

export function formatTraceparent({ traceId, parentId, flags }: TraceContext): string {
  return `00-${traceId}-${parentId}-${flags}`;
}

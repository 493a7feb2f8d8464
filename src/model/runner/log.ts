/**
 * A node's structured log: the latest lines, each with the tenant, correlation and trace that it is about. What a line says of
 * a piece of work begins with what is done, and names the work.
 */
import type { Host, Micros } from "seedstorm";
import type { Metadata } from "./envelope.js";
import { parseTraceparent } from "./trace.js";

export interface LogLine {
  /** By the host's clock. */
  readonly at: Micros;
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly tenant: string;
  readonly correlation: string;
  /** Empty where the source had none. */
  readonly trace: string;
}

const MOST_LINES = 200;

export class Log {
  readonly #host: Host;
  readonly lines: LogLine[] = [];

  readonly #onLine: (line: LogLine) => void;

  constructor(host: Host, onLine: (line: LogLine) => void = () => undefined) {
    this.#host = host;
    this.#onLine = onLine;
  }

  write(
    level: LogLine["level"],
    message: string,
    { tenantId = "", metadata }: { readonly tenantId?: string; readonly metadata?: Metadata } = {},
  ): void {
    if (this.lines.length === MOST_LINES) this.lines.shift();
    const line: LogLine = {
      at: this.#host.clock.now(),
      level,
      message,
      tenant: tenantId,
      correlation: metadata?.correlationId ?? "",
      trace: this.#host.defect("log-without-trace")
        ? ""
        : (parseTraceparent(metadata?.traceparent)?.traceId ?? ""),
    };
    this.lines.push(line);
    this.#onLine(line);
  }
}

/** `node:diagnostics_channel` of one process: the real one is one for all, and would join what must be apart. */

type Subscriber = (message: unknown, name: string) => void;

class Channel {
  #subscribers: Subscriber[] = [];

  constructor(readonly name: string) {}

  get hasSubscribers(): boolean {
    return this.#subscribers.length > 0;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
  }

  unsubscribe(subscriber: Subscriber): boolean {
    const before = this.#subscribers.length;
    this.#subscribers = this.#subscribers.filter((other) => other !== subscriber);
    return this.#subscribers.length < before;
  }

  publish(message: unknown): void {
    for (const subscriber of this.#subscribers) subscriber(message, this.name);
  }

  runStores(
    message: unknown,
    run: (...args: unknown[]) => unknown,
    self?: unknown,
    ...args: unknown[]
  ): unknown {
    this.publish(message);
    return run.apply(self, args);
  }

  bindStore(): void {}

  unbindStore(): void {}
}

const STAGES = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;

export function diagnosticsChannelOf(): object {
  const channels = new Map<string, Channel>();
  const channel = (name: string): Channel => {
    const known = channels.get(name) ?? new Channel(name);
    channels.set(name, known);
    return known;
  };
  const run = (
    act: (...args: unknown[]) => unknown,
    _context?: unknown,
    self?: unknown,
    ...args: unknown[]
  ) => act.apply(self, args);
  const tracingChannel = (name: string): object => ({
    ...Object.fromEntries(STAGES.map((stage) => [stage, channel(`tracing:${name}:${stage}`)])),
    hasSubscribers: false,
    subscribe: () => {},
    unsubscribe: () => true,
    traceSync: run,
    tracePromise: run,
    traceCallback: (
      act: (...args: unknown[]) => unknown,
      _position: number,
      context: unknown,
      self: unknown,
      ...args: unknown[]
    ) => run(act, context, self, ...args),
  });
  return {
    Channel,
    channel,
    tracingChannel,
    hasSubscribers: (name: string) => channels.get(name)?.hasSubscribers ?? false,
    subscribe: (name: string, subscriber: Subscriber) => channel(name).subscribe(subscriber),
    unsubscribe: (name: string, subscriber: Subscriber) => channel(name).unsubscribe(subscriber),
  };
}

/** Messages to those that listen: by channel, and by pattern. */
import { globOf } from "./commands/command.js";
import { Push, type Reply } from "./resp.js";
import type { Session } from "./session.js";

export class PubSub {
  readonly #channels = new Map<string, Set<Session>>();
  readonly #patterns = new Map<string, Set<Session>>();

  publish(channel: string, message: string): number {
    let receivers = 0;
    for (const session of this.#channels.get(channel) ?? []) {
      session.send(new Push(["message", channel, message]));
      receivers++;
    }
    for (const [pattern, sessions] of this.#patterns) {
      if (!globOf(pattern)(channel)) continue;
      for (const session of sessions) session.send(new Push(["pmessage", pattern, channel, message]));
      receivers += sessions.size;
    }
    return receivers;
  }

  /** `SUBSCRIBE`, `PSUBSCRIBE` and their opposites: each name is confirmed by itself. */
  command(session: Session, name: string, given: readonly string[]): void {
    const isPattern = name.startsWith("P");
    const own = isPattern ? session.patterns : session.channels;
    const all = isPattern ? this.#patterns : this.#channels;
    const confirm = (topic: Reply): void =>
      session.send(new Push([name.toLowerCase(), topic, session.subscriptions]));
    if (name.endsWith("UNSUBSCRIBE")) {
      const topics = given.length > 0 ? given : [...own];
      if (topics.length === 0) confirm(null);
      for (const topic of topics) {
        own.delete(topic);
        all.get(topic)?.delete(session);
        confirm(topic);
      }
      return;
    }
    for (const topic of given) {
      own.add(topic);
      const sessions = all.get(topic) ?? new Set();
      all.set(topic, sessions.add(session));
      confirm(topic);
    }
  }

  /** `PUBSUB …` */
  about([what = "", ...args]: readonly string[]): Reply | undefined {
    const active = [...this.#channels].filter(([, sessions]) => sessions.size > 0);
    switch (what.toUpperCase()) {
      case "CHANNELS": {
        const [pattern = "*"] = args;
        return active.map(([channel]) => channel).filter(globOf(pattern));
      }
      case "NUMSUB":
        return args.flatMap((channel) => [channel, this.#channels.get(channel)?.size ?? 0]);
      case "NUMPAT":
        return [...this.#patterns.values()].filter((sessions) => sessions.size > 0).length;
      default:
        return undefined;
    }
  }

  leave(session: Session): void {
    for (const channel of session.channels) this.#channels.get(channel)?.delete(session);
    for (const pattern of session.patterns) this.#patterns.get(pattern)?.delete(session);
  }
}

/**
 * A value that is watched: consumers sleep on it and wake when it is sent, or when their time is over.
 *
 * Every send wakes whoever watches, also one that changes nothing, and also one that came while nobody slept;
 * what it means is for the watcher to find out.
 */
import type { Host, Micros, Timer } from "seedstorm";

export class ShutdownWatch {
  #value = false;
  #sends = 0;
  #seen = 0;
  #wake: (() => void) | undefined = undefined;

  /** True: whoever watches should stop. */
  get value(): boolean {
    return this.#value;
  }

  send(value: boolean): void {
    this.#value = value;
    this.#sends++;
    this.#wake?.();
  }

  /**
   * Sleeps until the duration is over (`time`) or something was sent since the last sleep (`sent`). One
   * watcher at a time.
   */
  sleep(host: Host, duration: Micros): Promise<"time" | "sent"> {
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const end = (reason: "time" | "sent"): void => {
        timer?.cancel();
        this.#wake = undefined;
        this.#seen = this.#sends;
        resolve(reason);
      };
      if (this.#seen < this.#sends) {
        end("sent");
        return;
      }
      const wake = (): void => end("sent");
      this.#wake = wake;
      timer = host.after(duration, () => end("time"));
    });
  }
}

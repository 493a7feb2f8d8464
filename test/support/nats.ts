/** One `nats-server` with JetStream for a test, on loopback, in a folder of its own, ended with the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { freePorts } from "../../src/live/ports.js";
import { temporaryFolder } from "./folder.js";

/** The server that tests use; empty where there is none. */
export const natsServer = process.env.NATS_SERVER ?? "";

/** Says in a test's name why it is skipped. */
export const needsServer =
  natsServer === "" ? " (skipped: NATS_SERVER names no nats-server to try it with)" : "";

export class TestServer {
  readonly url: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(url: string, args: readonly string[]) {
    this.url = url;
    this.#args = args;
  }

  /** Resolves when it takes connections. */
  static async start(): Promise<TestServer> {
    const [port = 0, monitor = 0] = await freePorts(2);
    const store = join(temporaryFolder(), "store");
    const args = ["-a", "127.0.0.1", "-p", `${port}`, "-m", `${monitor}`, "-js", "-sd", store];
    const server = new TestServer(`127.0.0.1:${port}`, args);
    onTestFinished(() => server.kill());
    await server.launch();
    return server;
  }

  async launch(): Promise<void> {
    this.#child = spawn(natsServer, this.#args, { stdio: "ignore" });
    const monitor = this.#args[this.#args.indexOf("-m") + 1];
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${monitor}/healthz`).catch(() => undefined);
      if (answer?.ok === true) return;
      if (this.#child.exitCode !== null) throw new Error(`nats-server ended with ${this.#child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}

import type { Host } from "seedstorm";
import { Failure } from "../../../src/model/actors/actor.js";
import { Actors } from "../../../src/model/actors/actors.js";
import { CircuitBreaker } from "../../../src/model/actors/breaker.js";
import { borrow, ElasticPool } from "../../../src/model/actors/pool.js";
import { BREAKER, POOL } from "../../../src/model/jobs/config.js";

/** Greets through a pool of actors, behind a breaker; "trouble" crashes whoever greets it. */
export function greeter(host: Host): (name: string) => Promise<string> {
  const actors = new Actors(host);
  const breaker = new CircuitBreaker(host, BREAKER);
  const pool = new ElasticPool<string, string>(actors, POOL, ({ host }) => ({
    async onCall(name) {
      if (name === "trouble") throw new Failure("it was trouble");
      await host.sleep(1_000);
      return `Hello, ${name}.`;
    },
  }));

  return async (name) => {
    const admission = breaker.admit();
    if (!admission.admitted) return `Come again in ${admission.retryAfter} µs.`;
    const borrowed = await borrow(pool, (actor) => actor.call(name, 1_000_000));
    const answer = borrowed.ok ? borrowed.value : borrowed;
    admission.permit.report(answer.ok ? "success" : "failure");
    return answer.ok ? answer.value : `Sorry: ${answer.error}.`;
  };
}

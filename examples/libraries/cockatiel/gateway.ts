/** Asks for prices through policies of cockatiel: retries, a breaker, a time-out. Customers come in crowds, with lulls in between. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  handleAll,
  retry,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from "cockatiel";
import { note } from "../note.js";

const TIMEOUT_MS = Number(process.env.TIMEOUT_MS ?? 1_500);
const HALF_OPEN_MS = Number(process.env.HALF_OPEN_MS ?? 3_000);
const MAX_ATTEMPTS = 2;

const breaker = circuitBreaker(handleAll, {
  halfOpenAfter: HALF_OPEN_MS,
  breaker:
    process.env.SAMPLING === "yes"
      ? new SamplingBreaker({ threshold: 0.5, duration: 5_000, minimumRps: 2 })
      : new ConsecutiveBreaker(4),
});
breaker.onBreak(() => note("open"));
breaker.onHalfOpen(() => note("halfOpen"));
breaker.onReset(() => note("close"));

const policy = wrap(
  retry(handleAll, { maxAttempts: MAX_ATTEMPTS, backoff: new ConstantBackoff(200) }),
  breaker,
  timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive),
);

let calls = 0;

async function price(fire: number, signal: AbortSignal): Promise<number> {
  const id = ++calls;
  note("called", { id, fire });
  try {
    const response = await fetch("http://backend:8080/price", { signal });
    const text = await response.text();
    if (!response.ok) throw new Error(`the backend answered ${response.status}`);
    note("returned", { id, ok: true });
    return Number(text);
  } catch (error) {
    note("returned", { id, ok: false });
    throw error;
  }
}

let fires = 0;

async function customer(): Promise<void> {
  const fire = ++fires;
  note("fired", { fire });
  // A mistake, for the negative control: the retries go around the breaker.
  const around =
    process.env.BYPASS === "yes"
      ? (): Promise<number> => price(fire, AbortSignal.timeout(TIMEOUT_MS))
      : undefined;
  await policy
    .execute(({ signal }) => price(fire, signal))
    .catch((error) => (around === undefined ? Promise.reject(error) : around()))
    .then(
      () => note("answered", { fire, how: "ok" }),
      (error: Error) => note("answered", { fire, how: error.constructor.name }),
    );
}

for (;;) {
  void customer();
  const lull = Math.random() < 0.02;
  await sleep(lull ? 8_000 : 200 * Math.random());
}

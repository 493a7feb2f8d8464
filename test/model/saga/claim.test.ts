import { expect, it } from "vitest";
import { CLOUD, Cloud } from "../../../src/model/saga/cloud.js";
import { SAGA_DEFAULTS } from "../../../src/model/saga/knobs.js";
import {
  asRow,
  type Job,
  jobKey,
  type LeaseRow,
  leaseKey,
  runKey,
  type SagaRun,
  type StepResult,
  stepKey,
} from "../../../src/model/saga/records.js";
import { Runner } from "../../../src/model/saga/runner.js";
import { carryOut, type KeyedRow, scan } from "../../../src/model/saga/table.js";
import { QUERY, TRANSACT, type TransactReply } from "../../../src/model/saga/wire.js";
import type { Write } from "../../../src/sim/history.js";
import { SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";
import { PlainRows } from "./plain-rows.js";

const SAGA = "s1";

const run: SagaRun = {
  id: SAGA,
  kind: "provision",
  status: "compensating",
  stepModules: ["Steps.CreateNetwork", "Steps.CreateAddress"],
  currentStepIdx: 1,
  context: {},
  cancelRequested: true,
  error: { compensate_from_idx: 1, reason: "cancelled" },
  deploymentId: "dep-1",
  triggeredBy: "a test",
  compensateIdx: 1,
  leaseEpoch: 1,
  insertedAt: 0,
};
const step = (stepIdx: number): StepResult => ({
  sagaId: SAGA,
  stepIdx,
  name: `step ${stepIdx}`,
  status: "completed",
  output: {},
  error: null,
  attempts: 1,
  compensationAttempts: 0,
  token: `${SAGA}:${stepIdx}`,
  startedAt: 0,
  endedAt: 0,
});
const job: Job = { id: "j1", sagaId: SAGA, state: "executing", attempt: 1, availableAt: 0 };
/** Over, and nobody else's yet. */
const lease: LeaseRow = { sagaId: SAGA, holder: "dead-runner/1", epoch: 1, since: 0, until: 0 };

const BEFORE: readonly Write[] = [
  { key: runKey(SAGA), value: asRow(run) },
  { key: stepKey(SAGA, 0), value: asRow(step(0)) },
  { key: stepKey(SAGA, 1), value: asRow(step(1)) },
  { key: jobKey(job.id), value: asRow(job) },
  { key: leaseKey(SAGA), value: asRow(lease) },
];
/** The last that the run's runner had written: its last step is taken back. */
const LATE: readonly Write[] = [
  { key: runKey(SAGA), value: asRow({ ...run, compensateIdx: 0 }) },
  { key: stepKey(SAGA, 1), value: asRow({ ...step(1), status: "compensated", compensationAttempts: 1 }) },
];

it("takes a run as it was read or not at all: a claim is refused to a runner that looked before the last one's commit came", async () => {
  const tables = new PlainRows();
  tables.apply(BEFORE);
  let late = LATE;
  const world = universe({ hosts: ["db", "runner"], duration: 10 * SECOND });
  world.addExternal(CLOUD, { create: () => new Cloud() });
  world.onBoot("db", (host) => {
    host.onRequest(QUERY, ({ keys = [], scans = [] }) => {
      const now = host.clock.monotonic();
      const rows = keys.flatMap((key): KeyedRow[] => {
        const row = tables.get(key);
        return row === undefined ? [] : [[key, row]];
      });
      for (const asked of scans) rows.push(...tables.execute((stored) => scan(stored, asked, now)).value);
      if (keys.length > 0) {
        tables.apply(late);
        late = [];
      }
      return { rows, now };
    });
    host.onRequest(TRANSACT, (statements): TransactReply => {
      const { value: refusal } = tables.execute((rows) => {
        const refused = carryOut(rows, statements, host.clock.monotonic());
        if (refused !== undefined) rows.rollBack();
        return refused;
      });
      if (refusal !== undefined) return { status: "refused", ...refusal };
      return { status: "committed" };
    });
  });
  world.onBoot("runner", (host) => new Runner(host, SAGA_DEFAULTS, "db").start());
  await world.run();
  expect(world.failure).toBeUndefined();
  const asked = world.history.events.flatMap((event) =>
    event.kind === "external" && event.phase === "attempt" ? event.token : [],
  );
  expect(asked).toEqual(["s1:0:undo"]);
  expect(tables.get(runKey(SAGA))).toMatchObject({ status: "rolled_back" });
});

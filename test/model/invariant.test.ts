/** Assertions of the models: each fires as soon as what it stands for is broken, and fails the run by the host's name. */
import { describe, expect, it } from "vitest";
import { Actors } from "../../src/model/actors/actors.js";
import { TreeSupervisor } from "../../src/model/actors/supervisor.js";
import { BrokenInvariant, invariant } from "../../src/model/invariant.js";
import { PaymentService } from "../../src/model/pipeline/payments.js";
import { type Entry, makeEntry } from "../../src/model/replication/entry.js";
import { GroupClient } from "../../src/model/replication/group-client.js";
import { HardState } from "../../src/model/replication/hard-state.js";
import { Log } from "../../src/model/replication/log.js";
import { LogFile } from "../../src/model/replication/log-file.js";
import { ConfigurationHistory } from "../../src/model/replication/membership.js";
import { Storage } from "../../src/model/replication/storage.js";
import { Fence } from "../../src/model/resources/fence.js";
import { IdempotencyMachine } from "../../src/model/resources/idempotency.js";
import { LeaseMachine } from "../../src/model/resources/lease.js";
import { QueueMachine } from "../../src/model/resources/queue.js";
import { noDefects } from "../../src/model/resources/types.js";
import { DatabaseClient } from "../../src/model/saga/database-client.js";
import { FactRecorder } from "../../src/model/saga/fact-recorder.js";
import { SAGA_DEFAULTS } from "../../src/model/saga/knobs.js";
import { Lease, Trust } from "../../src/model/saga/lease.js";
import { asRow, type Job, type LeaseRow, type SagaRun } from "../../src/model/saga/records.js";
import { Session } from "../../src/model/saga/session.js";
import { Store } from "../../src/model/storage/store.js";
import type { Host } from "../../src/sim/host.js";
import type { Json } from "../../src/sim/plan.js";
import { seconds } from "../../src/sim/time.js";
import { failureOn } from "./actors/on-host.js";

const entryAt = (index: number, term = 1): Entry => makeEntry(index, term, { kind: "noop" }, 0);
const listener = { onStable: () => {}, onIdle: () => {}, onTrouble: () => {} };
const storageOn = (host: Host): Storage => new Storage(host, "group", listener);

describe("an assertion of replication fires when", () => {
  it("an entry leaves a gap in the log", async () => {
    const log = new Log();
    log.append(entryAt(1));
    expect(() => log.append(entryAt(3))).toThrow("an entry goes behind the last one of the log");
    expect(() => log.reset({ index: 5, term: 1, chain: 0 }, [entryAt(7)])).toThrow("without a gap");
  });

  it("an entry leaves a gap in the file", async () => {
    expect(await failureOn((host) => new LogFile(host.disk, "log").append([entryAt(2)]))).toBe(
      "BrokenInvariant: what is appended to a log file follows what is in it",
    );
  });

  it("a term goes back", async () => {
    expect(
      await failureOn((host) => {
        const state = new HardState(storageOn(host));
        state.enter(2, null);
        state.enter(1, null);
      }),
    ).toBe("BrokenInvariant: a member never goes back to an earlier term");
  });

  it("two candidates get the vote of one term", async () => {
    expect(
      await failureOn((host) => {
        const state = new HardState(storageOn(host));
        state.enter(1, "b");
        state.give("c");
      }),
    ).toBe("BrokenInvariant: a vote is given to one candidate of a term");
  });

  it("a snapshot is taken of what is not in the log", async () => {
    expect(
      await failureOn((host) => {
        const configuration = { generation: 1, members: [] };
        const head = { index: 4, term: 1, chain: 0, configuration, configurationIndex: 0, digest: 0 };
        storageOn(host).saveSnapshot({ ...head, state: new Uint8Array(0) }, 0);
      }),
    ).toBe("BrokenInvariant: a snapshot is of what is in the log");
  });

  it("an earlier configuration follows a later one", () => {
    const members = [{ id: "a", role: "voter", contentGeneration: 1, incarnation: 1 }] as const;
    const history = new ConfigurationHistory({ generation: 2, members });
    const earlier = makeEntry(1, 1, { kind: "members", configuration: { generation: 2, members } }, 0);
    expect(() => history.append(earlier)).toThrow("each configuration is later than the last");
  });

  it("a client closes a command twice", async () => {
    expect(
      await failureOn((host) => {
        const options = { members: ["a"], timeout: 1, attemptTimeout: 1, round: "from-first" } as const;
        const client = new GroupClient(host, "client", options);
        const session = client.open();
        client.close(session);
        client.close(session);
      }),
    ).toBe("BrokenInvariant: a command is closed once, after it was opened");
  });
});

describe("an assertion of the resources fires when", () => {
  it("a fence notes an epoch that it refuses", () => {
    const fence = new Fence(noDefects);
    fence.accept(3, []);
    expect(() => fence.accept(2, [])).toThrow(BrokenInvariant);
  });

  it("a lease is granted at an earlier place in the log than the last time", () => {
    const machine = new LeaseMachine({ ttl: seconds(5) }, noDefects);
    const acquire = { type: "acquire", name: "l", schemaId: "order-leader.v1", wallClock: 0 } as const;
    machine.apply({ ...acquire, holder: "a" }, { index: 5, term: 1 });
    machine.apply({ type: "release", name: "l", holder: "a", epoch: 1 }, { index: 6, term: 1 });
    expect(() => machine.apply({ ...acquire, holder: "b" }, { index: 4, term: 1 })).toThrow(BrokenInvariant);
  });

  it("something is pruned that is not completed", () => {
    const machine = new IdempotencyMachine({ reservation: seconds(5) }, noDefects);
    machine.restore({ entries: [], completions: [["key", 1]], fence: 0 });
    expect(() => machine.apply({ type: "prune", keep: 0, epoch: 1 }, { index: 9, term: 1 })).toThrow(
      "only what is completed is pruned, and once",
    );
  });

  it.each<[string, { readonly [key: string]: Json }]>([
    ["more is trimmed than there is", { trimmed: 1 }],
    [
      "a group is further than the queue",
      {
        groups: [
          {
            name: "group",
            placement: [],
            semantics: "at-least-once",
            cursor: 1,
            fresh: 1,
            returned: [],
            live: [],
            waiting: [],
            counts: [],
            acked: [[0, "group/0/1"]],
            dead: [],
          },
        ],
      },
    ],
  ])("%s", (_, part) => {
    const machine = new QueueMachine({ visibility: 1, maxDeliver: 1, payloadLimit: 1 }, noDefects);
    const empty = { records: [], producers: [], groups: [], fence: 0, trimmed: 0, term: 1 };
    expect(() => machine.restore({ ...empty, ...part })).toThrow(BrokenInvariant);
  });

  it("a token is used for the payment of another order", () => {
    const payments = new PaymentService();
    const capture = (orderId: string) => {
      const body = { orderId, cents: 100, currency: "EUR" };
      return payments.apply({ operation: "capture", token: "token", body, from: "worker", at: 0 });
    };
    capture("order-1");
    expect(() => capture("order-2")).toThrow("a token stands for the capture of one order");
  });
});

describe("an assertion of the saga engine fires when", () => {
  const run: SagaRun = {
    id: "s1",
    kind: "test",
    status: "running",
    stepModules: ["Steps.Echo", "Steps.Echo"],
    currentStepIdx: 1,
    context: {},
    cancelRequested: false,
    error: null,
    deploymentId: null,
    triggeredBy: "a test",
    compensateIdx: null,
    leaseEpoch: 1,
    insertedAt: 0,
  };
  const lease: LeaseRow = { sagaId: "s1", holder: "runner/1", epoch: 2, since: 0, until: 1 };
  const written = (key: string, ...rows: readonly object[]): Promise<string> =>
    failureOn((host) => {
      const facts = new FactRecorder(host);
      for (const row of rows) facts.record([{ key, value: asRow(row) }]);
    });

  it.each<[string, string, readonly object[]]>([
    [
      "a run has done more steps than it has",
      "progress never passes its steps",
      [{ ...run, currentStepIdx: 3 }],
    ],
    ["a run forgets a step", "progress never goes back", [run, { ...run, currentStepIdx: 0 }]],
    [
      "a run goes on after its end",
      "that has ended stays as it ended",
      [
        { ...run, status: "completed" },
        { ...run, status: "compensating" },
      ],
    ],
  ])("%s", async (_, said, rows) => {
    expect(await written("run/s1", ...rows)).toMatch(new RegExp(`^BrokenInvariant: a run.*${said}$`));
  });

  it("a lease is granted under an earlier epoch", async () => {
    expect(await written("lease/s1", lease, { ...lease, holder: "runner/2", epoch: 1 })).toBe(
      "BrokenInvariant: a lease's epoch never goes back",
    );
  });

  it("a run that has ended is to end again", async () => {
    const failure = await failureOn((host) => {
      const database = new DatabaseClient(host, "db", SAGA_DEFAULTS);
      const job: Job = { id: "s1", sagaId: "s1", state: "executing", attempt: 1, availableAt: 0 };
      const grant = { key: "lease/s1", holder: "runner/1", epoch: 1, job };
      const held = new Lease(host, database, SAGA_DEFAULTS, grant, new Trust(host, SAGA_DEFAULTS));
      const rows = { run: { ...run, status: "rolled_back" as const }, steps: new Map() };
      new Session(host, SAGA_DEFAULTS, database, 1, held, job, rows).ending("rolled_back");
    });
    expect(failure).toBe("BrokenInvariant: a run ends once");
  });
});

describe("an assertion of the store fires when", () => {
  it("one that is not open is to carry something out", async () => {
    const unopened = await failureOn(async (host) => {
      await new Store(host).execute((transaction) => transaction.get("a"));
    });
    expect(unopened).toBe("BrokenInvariant: a store carries nothing out unless it is open");
  });
});

describe("an assertion that is broken", () => {
  it("is restarted by no supervisor and fails the run", async () => {
    const failure = await failureOn((host) => {
      const actors = new Actors(host);
      const intensity = { maxRestarts: 3, window: seconds(60) };
      const supervisor = new TreeSupervisor(actors, { name: "tree", strategy: "one-for-one", intensity });
      const start = () =>
        actors.spawn<never, never, string>("a", () => ({ onCast: () => invariant(false, "one is one") }));
      supervisor.start({ id: "a", restart: "permanent", start }).current?.cast("anything");
    });
    expect(failure).toBe("BrokenInvariant: one is one");
  });
});

/**
 * What is desired: the table follows the ledger of steps, a deployment belongs to one run at a time, and in the end the cloud
 * has what is desired. Left out where people have changed something by hand, where a run has failed and waits for one, and where a
run turned round after a deletion: that can't be taken back, and is for the auditor to find.
 */
import type { Json } from "seedstorm";
import { fields, list, type Property, same, text, when } from "seedstorm/check";
import { cloudState } from "./cloud-state.js";
import { type Fields, isTerminal, type Saga, type SagaState, type Step, sagaState } from "./state.js";

/** What a step's note says: of which kind, and what was desired before and after. */
interface Note {
  readonly kind: string;
  readonly before: Json;
  readonly after: Json;
}

function noteOf({ idx, output }: Step): Note | undefined {
  const note = fields(output[`resource_at_step_${idx}`]);
  if (note === undefined) return undefined;
  return { kind: text(note, "resourceKind"), before: note.before ?? null, after: note.after ?? null };
}

const deploymentOf = (state: SagaState, saga: Saga): string =>
  text(state.rows.get(`run/${saga.id}`), "deploymentId");

export const desiredFollowsSteps: Property = {
  id: "desired-follows-steps",
  kind: "always",
  sentence:
    "The desired state changes with a step that is completed or taken back, in the same transaction, to what that step has noted, and never otherwise.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);
    return {
      on(event) {
        if (event.kind !== "durable" || state.written.length === 0) return;
        const explained = new Set<string>();
        for (const change of state.changes) {
          if (change.of !== "step" || change.before?.status === change.after.status) continue;
          const { saga, after } = change;
          const note = noteOf(after);
          const isBack = after.status === "compensated";
          if (note === undefined || (after.status !== "completed" && !isBack)) continue;
          const key = `provisioned/${deploymentOf(state, saga)}/${note.kind}`;
          const wanted = isBack ? note.before : note.after;
          explained.add(key);
          context.checked();
          if (same(state.rows.get(key) ?? null, wanted)) continue;
          context.violated(
            saga.id,
            `Step ${after.idx} (${after.name}) of ${saga.id} became ${after.status} ${when(event)}, after which ${JSON.stringify(wanted)} is desired, but ${key} is ${JSON.stringify(state.rows.get(key) ?? null)}.`,
            [event],
          );
        }
        for (const key of state.written) {
          if (!key.startsWith("provisioned/") || explained.has(key)) continue;
          context.violated(key, `${key} was written ${when(event)}, and no step that has to do with it.`, [
            event,
          ]);
        }
      },
    };
  },
};

export const oneRunPerDeployment: Property = {
  id: "one-run-per-deployment",
  kind: "always",
  sentence:
    "A run that has a deployment has it to itself until it is completed or rolled back, and gives it up in that very transaction.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(sagaState);

    function judge(saga: Saga, event: Parameters<typeof when>[0]): void {
      const { run } = saga;
      const deployment = deploymentOf(state, saga);
      if (run === undefined || deployment === "") return;
      const holder = text(state.rows.get(`deployment/${deployment}`), "sagaId");
      const mustHave = !isTerminal(run.status);
      const mayHave = mustHave || run.status === "failed";
      context.checked();
      if (mustHave && holder !== saga.id) {
        context.violated(
          saga.id,
          `${saga.id} is ${run.status} ${when(event)}, but its deployment ${deployment} belongs to ${holder === "" ? "nobody" : holder}.`,
          [run.event, event],
        );
      } else if (!mayHave && holder === saga.id) {
        context.violated(
          saga.id,
          `${saga.id} ended as ${run.status} ${when(event)} and still has deployment ${deployment}.`,
          [run.event, event],
        );
      }
    }

    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) if (change.of === "run") judge(change.saga, event);
        for (const key of state.written) {
          if (!key.startsWith("deployment/")) continue;
          const holder = state.sagas.get(text(state.rows.get(key), "sagaId"));
          if (holder !== undefined) judge(holder, event);
          // Whoever had it and goes on must still have it.
          for (const saga of state.sagas.values()) {
            if (saga.run !== undefined && !isTerminal(saga.run.status) && isOf(state, saga, key))
              judge(saga, event);
          }
        }
      },
    };
  },
};

const isOf = (state: SagaState, saga: Saga, key: string): boolean =>
  `deployment/${deploymentOf(state, saga)}` === key;

export const cloudHasWhatIsDesired: Property = {
  id: "cloud-has-what-is-desired",
  kind: "eventually",
  sentence:
    "When all runs of a deployment have ended well, the cloud has what is desired of it, as it is desired, and nothing else.",
  subscribes: ["durable", "external"],
  start(context) {
    const state = context.view(sagaState);
    const cloud = context.view(cloudState);
    const hasDeleted = ({ id, run }: Saga): boolean => {
      for (let idx = 0; idx < (run?.steps ?? 0); idx++)
        if (cloud.applied.get(`${id}:${idx}`)?.operation === "delete") return true;
      return false;
    };
    return {
      subscribes: [],
      end() {
        const wanted = new Map<string, Map<string, Fields>>();
        const there = new Map<string, Map<string, Fields>>();
        const put = (to: typeof wanted, deployment: string, id: string, spec: Fields): void => {
          const own = to.get(deployment) ?? new Map<string, Fields>();
          own.set(id, spec);
          to.set(deployment, own);
        };
        const unsettled = new Set<string>(cloud.tampered);
        for (const saga of state.sagas.values()) {
          const { run } = saga;
          if (run === undefined) continue;
          const deployment = deploymentOf(state, saga);
          const isOpen = !isTerminal(run.status) || run.status === "failed";
          if (isOpen || (run.status === "rolled_back" && hasDeleted(saga))) unsettled.add(deployment);
          else if (!wanted.has(deployment)) wanted.set(deployment, new Map());
        }
        for (const [key, row] of state.rows) {
          if (key.startsWith("provisioned/"))
            put(wanted, text(row, "deploymentId"), text(row, "resource"), fields(row.spec) ?? {});
        }
        for (const { id, deployment, spec } of cloud.resources.values()) put(there, deployment, id, spec);
        for (const [deployment, desired] of wanted) {
          if (unsettled.has(deployment) || deployment === "") continue;
          const actual = there.get(deployment) ?? new Map<string, Fields>();
          const flaws = [
            ...[...desired]
              .filter(([id, spec]) => !same(actual.get(id), spec))
              .map(
                ([id]) =>
                  `${id} is ${JSON.stringify(actual.get(id) ?? null)} and should be ${JSON.stringify(desired.get(id))}`,
              ),
            ...[...actual.keys()]
              .filter((id) => !desired.has(id))
              .map((id) => `${id} is there and not desired`),
          ];
          context.checked();
          if (flaws.length === 0) continue;
          const runs = [...state.sagas.values()].filter((saga) => deploymentOf(state, saga) === deployment);
          context.violated(
            deployment,
            `All runs of ${deployment} have ended well, but of what the cloud has of it ${list(flaws)}.`,
            runs.flatMap(({ run }) => run?.event ?? []),
          );
        }
      },
    };
  },
};

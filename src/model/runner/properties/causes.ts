/**
 * That nothing is given up without a cause: messages that go to quarantine, work that becomes a dead letter, and programs in
 * whose place another runs.
 *
 * Not verified: that a program which is said to have failed really does, for the files that it came from may be others by now.
 */
import type { HistoryEvent } from "seedstorm";
import { fields, text, when, where, whole } from "seedstorm/check";
import { keyOf } from "../../storage/keys.js";
import { decodeEffectCommand, decodeEvent } from "../envelope.js";
import { RunnerFailure } from "../errors.js";
import type { OutboxItem, QuarantineRecord } from "../records.js";
import { addressOf } from "../subjects.js";
import { byTransaction } from "./by-transaction.js";
import { asQuarantine, instanceText, type RunnerState } from "./state.js";

export const quarantinedForCause = byTransaction(
  {
    id: "quarantined-for-cause",
    kind: "always",
    sentence:
      "A message goes to quarantine only when nobody can read it, a program fails on it, nobody does what it asks for, or its last delivery has come.",
  },
  (state, context) => {
    return {
      on(event) {
        for (const { value } of state.made<QuarantineRecord>("quarantine")) {
          const { stream, sequence, reason } = value;
          context.checked();
          if (hasCause(state, value)) continue;
          const message = state.acquired.get(`${stream}/${sequence}`);
          context.violated(
            `${stream}/${sequence}`,
            `${stream}/${sequence} went to quarantine ${where(event)} for "${reason}", which was not so.`,
            message === undefined ? [event] : [message.event, event],
          );
        }
      },
    };
  },
);

const LAST_DELIVERY = /^delivered (\d+) times$/;

function hasCause(state: RunnerState, record: QuarantineRecord): boolean {
  const { stream, sequence, reason, deliveries, sagas } = record;
  const { settings, manifests } = state;
  if (LAST_DELIVERY.test(reason) || reason === "given up by the broker")
    return deliveries >= settings.consumers.maxDeliver;
  if (sagas.length > 0) return reason.startsWith("program ");
  const message = state.acquired.get(`${stream}/${sequence}`);
  if (message === undefined) return true;
  const tenant = addressOf(message.subject)?.tenant;
  if (tenant === undefined) return true;
  if (!settings.tenancy.enabled && tenant !== settings.tenancy.defaultTenant) return true;
  try {
    if (stream !== settings.streams.commands) decodeEvent(message.data, message.headers, tenant);
    else {
      const { effectName } = decodeEffectCommand(message.data, message.headers, tenant);
      return !manifests.effects.some(({ name }) => name === effectName);
    }
  } catch (error) {
    if (error instanceof RunnerFailure) return true;
    throw error;
  }
  return false;
}

export const givenUpForCause = byTransaction(
  {
    id: "given-up-for-cause",
    kind: "always",
    sentence:
      "Work becomes a dead letter only when its target has refused it for good, or all tries are over.",
  },
  (state, context) => {
    return {
      on(event) {
        for (const { value } of state.made("deadletter")) {
          const row = fields(value);
          const item = row?.item as unknown as OutboxItem | undefined; // as the relay puts it
          if (item === undefined) continue;
          const answer = state.aggregates.get(keyOf("command", item.tenant, item.workId));
          const status = whole(answer?.value, "status") ?? 0;
          context.checked();
          if ((status >= 400 && status < 500) || item.tries + 1 >= state.settings.relay.tries) continue;
          const found = answer === undefined ? "had not answered it" : `had answered it with ${status}`;
          context.violated(
            item.workId,
            `Work ${item.workId} of tenant "${item.tenant}" was given up for "${text(row, "reason")}" ${where(event)} at try ${item.tries + 1}, and the gateway ${found}.`,
            answer === undefined ? [event] : [answer.event, event],
          );
        }
      },
    };
  },
);

export const policyFollowed = byTransaction(
  {
    id: "program-policy-followed",
    kind: "always",
    sentence:
      "An event on which a program fails is dealt with as its saga's manifest says: quarantined, or compensated in the same transaction.",
  },
  (state, context) => {
    const policyOf = (saga: string) => state.manifests.sagas.find(({ name }) => name === saga);
    return {
      on(event) {
        for (const { value } of state.markers) {
          const saga = policyOf(value.saga);
          if (saga === undefined) continue;
          context.checked();
          const isCompensation = value.failed !== "";
          if (!isCompensation || saga.onProgramError === "compensate") continue;
          violated(event, instanceText(value), `compensated for "${value.failed}"`, saga.onProgramError);
        }
        for (const { value } of state.made<QuarantineRecord>("quarantine")) {
          const { reason, correlation } = value;
          for (const name of value.sagas) {
            const saga = policyOf(name);
            if (saga === undefined) continue;
            context.checked();
            // the compensation may fail as well
            if (saga.onProgramError === "quarantine" || reason.includes(` ${saga.compensation.program} `))
              continue;
            violated(event, `${name} of ${correlation}`, `quarantined for "${reason}"`, saga.onProgramError);
          }
        }
      },
    };

    function violated(event: HistoryEvent, name: string, done: string, policy: string): void {
      context.violated(name, `${name} was ${done} ${when(event)}, and its manifest says: ${policy}.`, [
        event,
      ]);
    }
  },
);

export const quarantineIsFinal = byTransaction(
  {
    id: "quarantine-is-final",
    kind: "always",
    sentence: "What is in quarantine moves no saga, unless an operator has it replayed.",
  },
  (state, context) => {
    return {
      on(event) {
        for (const { value } of state.markers) {
          if (value.by === "replay") continue;
          const { stream, sequence, tenant, saga, node } = value;
          const shelf = keyOf("quarantine", tenant, stream, String(sequence).padStart(20, "0"));
          const row = asQuarantine(state.rows.get(shelf));
          context.checked();
          if (row === undefined || row.event === event) continue;
          context.violated(
            `${stream}/${sequence}`,
            `${stream}/${sequence} went to quarantine ${when(row.event)}, and moved ${saga} on ${node} ${when(event)} all the same.`,
            [row.event, event],
          );
        }
      },
    };
  },
);

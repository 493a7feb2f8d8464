/** Tenants and traces: N4 and N12. */
import type { HistoryEvent } from "seedstorm";
import { fields, type Property, text, when, where } from "seedstorm/check";
import { keyOf } from "../../storage/keys.js";
import { HEADERS } from "../envelope.js";
import type { OutboxItem, ScheduleRecord } from "../records.js";
import { addressOf } from "../subjects.js";
import { parseTraceparent } from "../trace.js";
import { byTransaction } from "./by-transaction.js";
import {
  asMarker,
  asOutbox,
  asSaga,
  asSchedule,
  type Change,
  instanceKey,
  instanceText,
  runnerState,
} from "./state.js";

export const tenantsApart = byTransaction(
  {
    id: "tenants-apart",
    alias: "N12",
    kind: "always",
    sentence: "A message acts for the tenant of its subject alone, and no two instances share a record.",
  },
  (state, context) => {
    return {
      on(event) {
        for (const change of state.changes) judgeOwner(change, event);
        for (const { value } of state.markers) {
          const message = state.acquired.get(`${value.stream}/${value.sequence}`);
          const tenant = addressOf(message?.subject ?? "")?.tenant;
          if (message === undefined || tenant === undefined) continue;
          context.checked();
          if (tenant === value.tenant) continue;
          context.violated(
            `${value.stream}/${value.sequence}`,
            `${value.stream}/${value.sequence} came for tenant "${tenant}", and moved ${instanceText(value)} ${where(event)}.`,
            [message.event, event],
          );
        }
      },
    };

    function judgeOwner({ key, namespace, before, after }: Change, event: HistoryEvent): void {
      const [old, fresh] =
        namespace === "saga" ? [asSaga(before), asSaga(after)] : [asMarker(before), asMarker(after)];
      if (old === undefined || fresh === undefined) return;
      context.checked();
      if (instanceKey(old.value) === instanceKey(fresh.value)) return;
      context.violated(
        key,
        `${key} was a record of ${instanceText(old.value)} and became one of ${instanceText(fresh.value)} ${where(event)}.`,
        [old.event, event],
      );
    }
  },
);

interface Carried {
  readonly tenant: string;
  readonly correlation: string;
  readonly trace: string;
  readonly event: HistoryEvent;
}

export const traceCarried: Property = {
  id: "trace-carried",
  alias: "N4",
  kind: "always",
  sentence: "What is dispatched carries tenant, correlation and trace on when its source had them.",
  subscribes: ["durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    /** What each message must carry, by the id of the command or event. */
    const expected = new Map<string, Carried>();
    return {
      on(event) {
        if (event.kind === "state" && event.entity === "command" && event.to === "submitted")
          judgeSubmitted(event);
        if (state.acquires !== undefined) judgeAcquired();
        for (const { namespace, after, before } of state.gatewayChanges) {
          if (namespace !== "event" || before !== undefined) continue;
          const row = fields(after?.value);
          const eventId = text(row, "eventId");
          const source = expected.get(`command ${text(row, "tenantId")} ${eventId.split("/")[1] ?? ""}`);
          if (source !== undefined) expect(`event ${text(row, "tenantId")} ${eventId}`, source);
        }
        for (const { value } of state.markers) {
          const source = expected.get(`event ${value.tenant} ${value.eventId}`);
          if (source !== undefined) handOn(source, value.eventId);
        }
        for (const { value: item } of state.made<OutboxItem>("outbox")) {
          // a rejection carries on what the rejected command had
          const source =
            item.kind === "fact"
              ? expected.get(`command ${item.tenant} ${item.workId.split("/")[0]}`)
              : undefined;
          if (source !== undefined) expect(`event ${item.tenant} ${item.workId}`, source);
        }
      },
    };

    function expect(id: string, carried: Carried): void {
      if (!expected.has(id)) expected.set(id, carried);
    }

    /** To all that the transition at hand has emitted. */
    function handOn(source: Carried, eventId: string): void {
      for (const { namespace, after } of state.changes) {
        const item: OutboxItem | undefined = namespace === "outbox" ? asOutbox(after)?.value : undefined;
        if (item?.eventId === eventId) {
          expect(`command ${item.tenant} ${item.workId}`, source);
          if (item.kind === "effect") expect(`event ${item.tenant} ${item.workId}/result`, source);
        }
        const timer: ScheduleRecord | undefined =
          namespace === "schedule" ? asSchedule(after)?.value : undefined;
        if (timer !== undefined && after !== undefined) expect(`event ${timer.tenant} ${after.key}`, source);
      }
    }

    function judgeSubmitted(event: HistoryEvent & { readonly name: string; readonly detail: object }): void {
      const headers = (event.detail as { readonly headers: Readonly<Record<string, string>> }).headers;
      const tenant = headers[HEADERS.tenant] ?? "";
      const id = event.name.slice(keyOf(tenant, "").length);
      const source = expected.get(`command ${tenant} ${decodeURIComponent(id)}`);
      if (source === undefined) {
        expect(`command ${tenant} ${decodeURIComponent(id)}`, carriedBy(headers, tenant, event));
      } else judge(id, headers, tenant, source, event);
    }

    function judgeAcquired(): void {
      const { subject, headers, data, event } = state.acquires ?? {};
      const tenant = addressOf(subject ?? "")?.tenant;
      if (tenant === undefined || event === undefined || headers === undefined) return;
      const commandId = text(fields(data), "commandId");
      const eventId = text(fields(data), "eventId");
      const id = eventId === "" ? `command ${tenant} ${commandId}` : `event ${tenant} ${eventId}`;
      const source = expected.get(id);
      if (source !== undefined) judge(id, headers, tenant, source, event);
    }

    function judge(
      id: string,
      headers: Readonly<Record<string, string>>,
      tenant: string,
      source: Carried,
      event: HistoryEvent,
    ): void {
      const found = carriedBy(headers, tenant, event);
      context.checked();
      const lost = (["tenant", "correlation", "trace"] as const).find(
        (name) => source[name] !== "" && source[name] !== found[name],
      );
      if (lost === undefined) return;
      context.violated(
        id,
        `${id} came ${where(event)} with the ${lost} "${found[lost]}", and its source ${when(source.event)} had "${source[lost]}".`,
        [source.event, event],
      );
    }
  },
};

function carriedBy(headers: Readonly<Record<string, string>>, tenant: string, event: HistoryEvent): Carried {
  return {
    tenant: headers[HEADERS.tenant] ?? tenant,
    correlation: headers[HEADERS.correlation] ?? "",
    trace: parseTraceparent(headers[HEADERS.trace])?.traceId ?? "",
    event,
  };
}

/**
 * One event of the history in one plain line: evidence is shown in these. It knows the facts of the history
 * and no system under test.
 */
import type { HistoryEvent } from "../sim/history.js";
import type { Json } from "../sim/plan.js";
import { clean } from "./text-style.js";

const VALUE_CHARACTERS = 60;

export function eventText(event: HistoryEvent): string {
  return clean(textOf(event));
}

function textOf(event: HistoryEvent): string {
  switch (event.kind) {
    case "client":
      return `client ${event.operation} ${event.key}: ${event.phase}${valueText(event.value)}`;
    case "durable":
      return `durable in ${event.store} #${event.txn}: ${event.writes.map(({ key }) => key).join(", ")}`;
    case "publish":
    case "publish-ack":
      return `${event.kind} to ${event.stream}: ${event.key}${event.sequence < 0 ? "" : ` at ${event.sequence}`}`;
    case "deliver":
    case "ack":
    case "nack":
    case "term":
      return `${event.kind} ${event.key} of ${event.stream} to ${event.group}, delivery ${event.deliveryId}`;
    case "external":
      return `${event.service} ${event.operation} ${event.token}: ${event.phase}${valueText(event.value)}`;
    case "state":
      return `${event.entity} ${event.name}: ${event.from} → ${event.to}`;
    case "lease":
      return `lease ${event.lease}: ${event.phase} to ${event.holder}, epoch ${event.epoch}`;
    case "refusal":
      return `${event.operation} of ${event.key} refused: ${event.reason}`;
    case "fault":
      return `fault ${event.faultKind} ${event.target}: ${event.phase}`;
    case "host":
      return `host: ${event.phase}, incarnation ${event.incarnation}`;
    case "operator":
      return `operator: ${event.operation}${valueText(event.detail)}`;
    case "program":
      return event.phase === "output"
        ? `prints ${shortened(event.text)}`
        : `${event.phase}: ${shortened(event.text)}`;
    case "goal":
      return `goal reached: ${event.goal}`;
  }
}

function valueText(value: Json): string {
  if (value === null) return "";
  return ` ${shortened(JSON.stringify(value))}`;
}

function shortened(text: string): string {
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS - 1)}…` : text;
}

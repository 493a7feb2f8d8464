/**
 * The providers' object stores as JetStream has them: one for each provider, kept by its server alone. What a host calls of them goes
 * to the engine; whatever else it calls stays with the services outside. When an object was stored is read back from the stores.
 */
import {
  type ExternalReply,
  type Host,
  type HostSpec,
  type Json,
  type Micros,
  TIMED_OUT,
  type TimedOut,
} from "seedstorm";
import { type Engine, Objects, SERVER_ROLE } from "seedstorm/live";
import { objectStore } from "../../resources/objects.js";

/** By service: the server that keeps its objects. */
export function keepersOf(topology: readonly HostSpec[]): ReadonlyMap<string, string> {
  const servers = topology.filter(({ role }) => role === SERVER_ROLE);
  return new Map(servers.map(({ id, domain }) => [objectStore(domain.provider), id]));
}

/** A host whose calls of object stores go to the engine. */
export function withObjectStores(host: Host, engine: Promise<Engine>, services: ReadonlySet<string>): Host {
  const objects = engine.then((connected) => new Objects(connected));
  const call = async <R>(
    service: string,
    operation: string,
    token: string,
    body: Json,
    timeout: Micros,
  ): Promise<ExternalReply<R> | TimedOut> => {
    if (!services.has(service)) return host.call<R>(service, operation, token, body, timeout);
    host.record({ kind: "external", phase: "attempt", service, operation, token, value: body });
    const late = host.sleep(timeout).then((): TimedOut => TIMED_OUT);
    const answer = objects.then((connected) => answerOf(connected, service, operation, token, body));
    const reply = await Promise.race([answer, late]);
    if (reply === TIMED_OUT) return TIMED_OUT;
    const value = reply.ok ? reply.value : { error: reply.error };
    host.record({ kind: "external", phase: "reply", service, operation, token, value });
    return reply as ExternalReply<R>; // as `objects.ts` of the resources expects
  };
  return new Proxy(host, {
    get(target, name) {
      if (name === "call") return call;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

async function answerOf(
  objects: Objects,
  service: string,
  operation: string,
  token: string,
  body: Json,
): Promise<ExternalReply<Json> | TimedOut> {
  if (operation === "put" && typeof body === "string") {
    if (!(await objects.put(service, token, body))) return TIMED_OUT;
    return { ok: true, value: { sha256: token, bytes: body.length } };
  }
  const content = await objects.get(service, token);
  if (content === undefined) return TIMED_OUT;
  return content === null ? { ok: false, error: "no such object" } : { ok: true, value: content };
}

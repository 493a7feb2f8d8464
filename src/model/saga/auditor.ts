/**
 * The auditor: compares what is desired with what the cloud really has, and writes down what differs.
 *
 * Deployments that a run has to itself are left alone, since in them both sides are changing: it looks before
 * and after it has asked the cloud. It finds resources that are missing, that nobody desires, and that are
 * other than desired. What to do about it is for humans to say.
 */
import { type Host, type Json, TIMED_OUT } from "seedstorm";
import { CLOUD, type CloudResource } from "./cloud.js";
import { DatabaseClient } from "./database-client.js";
import { GOALS } from "./goals.js";
import type { SagaKnobs } from "./knobs.js";
import { asProvisioned, type Provisioned } from "./records.js";
import type { Row, Statement } from "./table.js";
import type { QueryReply } from "./wire.js";

export type Drift = "missing" | "undesired" | "different";

interface Finding {
  readonly drift: Drift;
  readonly deploymentId: string;
  readonly resource: string;
}

const DESIRED = "provisioned/";
const BUSY = "deployment/";
const FOUND = "drift/";

export class Auditor {
  readonly #host: Host;
  readonly #knobs: SagaKnobs;
  readonly #database: DatabaseClient;
  #audits = 0;

  constructor(host: Host, knobs: SagaKnobs, database: string) {
    this.#host = host;
    this.#knobs = knobs;
    this.#database = new DatabaseClient(host, database, knobs);
  }

  start(): void {
    void this.#auditForEver();
  }

  async #auditForEver(): Promise<void> {
    for (;;) {
      await this.#host.sleep(this.#knobs.auditInterval);
      await this.#audit();
    }
  }

  async #audit(): Promise<void> {
    const before = await this.#look();
    if (before === undefined) return;
    const token = `audit:${this.#host.incarnation}:${++this.#audits}`;
    const listed = await this.#host.call<readonly CloudResource[]>(
      CLOUD,
      "list",
      token,
      null,
      this.#knobs.callTimeout,
    );
    if (listed === TIMED_OUT || !listed.ok) return;
    const after = await this.#look();
    if (after === undefined) return;

    const quiet = quietDeployments(before, after);
    const findings = findingsOf(before.desired, listed.value).filter(({ deploymentId }) =>
      quiet(deploymentId),
    );
    const known = before.found;
    const statements: Statement[] = [];
    for (const finding of findings) {
      const key = `${FOUND}${finding.deploymentId}/${finding.resource}`;
      if (known.get(key)?.drift === finding.drift) continue;
      this.#host.reached(GOALS.driftFound);
      this.#record(finding.resource, "aligned", finding.drift, finding.deploymentId);
      statements.push({ do: "put", key, row: { ...finding } });
    }
    const standing = new Set(
      findings.map(({ deploymentId, resource }) => `${FOUND}${deploymentId}/${resource}`),
    );
    for (const [key, row] of known) {
      const deploymentId = String(row.deploymentId);
      if (standing.has(key) || !quiet(deploymentId)) continue;
      this.#host.reached(GOALS.driftCleared);
      this.#record(String(row.resource), String(row.drift), "aligned", deploymentId);
      statements.push({ do: "remove", key });
    }
    if (statements.length > 0) await this.#database.transact(statements);
  }

  async #look(): Promise<Audit | undefined> {
    const scans = [{ prefix: DESIRED }, { prefix: BUSY }, { prefix: FOUND }];
    const reply = await this.#database.query({ scans });
    return reply === TIMED_OUT ? undefined : lookOf(reply);
  }

  #record(name: string, from: string, to: string, deploymentId: string): void {
    this.#host.record({ kind: "state", entity: "drift", name, from, to, detail: { deploymentId } });
  }
}

interface Audit {
  readonly desired: readonly Provisioned[];
  readonly busy: ReadonlySet<string>;
  readonly found: ReadonlyMap<string, Row>;
}

function lookOf({ rows }: QueryReply): Audit {
  const desired: Provisioned[] = [];
  const busy = new Set<string>();
  const found = new Map<string, Row>();
  for (const [key, row] of rows) {
    if (key.startsWith(DESIRED)) desired.push(asProvisioned(row));
    else if (key.startsWith(BUSY)) busy.add(key.slice(BUSY.length));
    else found.set(key, row);
  }
  return { desired, busy, found };
}

/**
 * Deployments that no run had to itself all the while: before, after, and in between, or their desired state
 * would be another.
 */
function quietDeployments(before: Audit, after: Audit): (deploymentId: string) => boolean {
  const versions = (look: Audit, deploymentId: string): string =>
    JSON.stringify(look.desired.filter((row) => row.deploymentId === deploymentId));
  return (id) => !before.busy.has(id) && !after.busy.has(id) && versions(before, id) === versions(after, id);
}

function findingsOf(desired: readonly Provisioned[], actual: readonly CloudResource[]): Finding[] {
  const findings: Finding[] = [];
  const rest = new Map(actual.map((resource) => [resource.id, resource]));
  for (const { resource, deploymentId, spec } of desired) {
    const found = rest.get(resource);
    rest.delete(resource);
    if (found === undefined) findings.push({ drift: "missing", deploymentId, resource });
    else if (differs(spec, found.spec)) findings.push({ drift: "different", deploymentId, resource });
  }
  for (const { id, deployment } of rest.values()) {
    findings.push({ drift: "undesired", deploymentId: deployment, resource: id });
  }
  return findings;
}

function differs(a: { readonly [field: string]: Json }, b: { readonly [field: string]: Json }): boolean {
  return Object.keys({ ...a, ...b }).some((field) => a[field] !== b[field]);
}

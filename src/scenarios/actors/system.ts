/**
 * The actor layer as a system under test: a job service that is built of all its parts, on three workers that two registries know
 * of. Clients find workers by the registries, workers call a mill outside.
 */
import { defineSystem } from "seedstorm";
import { actorDefects } from "../../model/actors/defects.js";
import { actorProperties } from "../../model/actors/properties/index.js";
import { RegistryServer } from "../../model/actors/registry/server.js";
import { burst, kill, retire, submit } from "../../model/jobs/client.js";
import { registryConfig } from "../../model/jobs/config.js";
import { MILL, MILL_LATENCY, Mill } from "../../model/jobs/mill.js";
import { jobProperties } from "../../model/jobs/properties.js";
import { Worker } from "../../model/jobs/worker.js";

export const actorSystem = defineSystem({
  id: "actors",
  title: "actor layer",
  roles: {
    registry: (host, cluster) => new RegistryServer(host, registryConfig(cluster.hosts("registry"))).start(),
    worker: (host, cluster) => new Worker(host, cluster.hosts("registry")).start(),
  },
  clients: ["client"],
  knobs: {},
  operations: { submit, burst, kill, retire },
  services: { [MILL]: { latency: MILL_LATENCY, create: () => new Mill() } },
  properties: [...actorProperties, ...jobProperties],
  defects: actorDefects,
});

/** A counter that confirms additions before they are on the disk: the smallest complete system, with a bug to find. */
import { defineScenario, defineSystem, type Host, property, rpc } from "seedstorm";

const ADD = rpc<null, number>("add");

function server(host: Host) {
  let total = host.disk.size("journal"); // one byte for each addition
  host.onRequest(ADD, async () => {
    host.disk.append("journal", Uint8Array.of(1));
    host.disk.fsync("journal"); // the bug: nobody waits for it
    return ++total;
  });
}

const kept = property.always("kept", "No two additions get the same number.", ["client"], (run) => {
  const numbers = new Map();
  return (event) => {
    if (event.phase !== "ok") return;
    const { key, value } = event;
    const other = numbers.get(value);
    run.checked();
    if (other) run.violated(key, `${other.key} and ${key} are both number ${value}.`, [other, event]);
    numbers.set(value, event);
  };
});

const counter = defineSystem({
  id: "counter",
  roles: { server },
  clients: ["client"],
  operations: {
    add: (client, { id }) => client.operation("add", { key: id }, () => client.request(ADD, "server", null)),
  },
  properties: [kept],
});

const workload = { add: { by: "client", times: 30 } };
const hosts = { server: 1, client: 2 };
export const scenarios = [defineScenario({ system: counter, hosts, workload, storm: ["crash", "pause"] })];

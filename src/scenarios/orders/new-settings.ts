/** Operators change settings while payments fail and are tried again. */
import { faultsOf } from "seedstorm";
import { GOALS } from "../../model/orders/goals.js";
import { PRESETS } from "../../model/orders/presets.js";
import { ordersScenario, SERVICE_GROUND } from "./define.js";

const { tuned } = PRESETS;
const slower = tuned.replace('first_backoff = "1s"', 'first_backoff = "2s"');
const steady = slower.replace("jitter = 50", "jitter = 0");

/** Three that make sense, and three that begin well and do not. */
const TEXTS: readonly string[] = [
  slower,
  tuned,
  steady,
  slower.replace("capacity = 1000", "capacity = 0"),
  steady.replace('retry_pause = "500ms"', 'retry_pause = "soon"'),
  tuned.slice(0, 900),
];

export const newSettings = ordersScenario({
  id: "orders-new-settings",
  title: "settings that change while orders are under way",
  shows:
    "Configurations with other pauses between payments are loaded, and some that are refused for one wrong value, while every third card fails at first. Each service " +
    "goes by what it said it took, from the next worker on, and by what was there before where it refused.",
  workload: { configurations: { min: 4, max: 10 }, texts: TEXTS, shaky: 35, hopeless: 5 },
  storm: faultsOf(
    ["crash"],
    { ...SERVICE_GROUND, hosts: SERVICE_GROUND.hosts.filter(({ role }) => role === "orders") },
    { min: 0, max: 1 },
  ),
  mustFire: ["crash"],
  goals: [GOALS.configRefused, GOALS.configTaken, GOALS.paymentRetried, GOALS.completed],
});

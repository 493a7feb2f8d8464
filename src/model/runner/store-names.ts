/** The names of the nodes' store and of the gateway's in the history, before the `@` and the host. */
export const RUNNER_STORE = "runner";
export const GATEWAY_STORE = "aggregates";

/**
 * Planted defects of the actor layer: protections that can be switched off one at a time. `PW` and a number is a weakness of
 * the order processing design that the layer follows; the others are classics of the trade.
 */
import type { CataloguedDefect } from "seedstorm";
import { classicActorDefects } from "./classic-defects.js";

const weaknesses: readonly CataloguedDefect[] = [
  {
    id: "PW7",
    breaks: "A message that grows too old is dropped, and goes to nobody.",
    caughtBy: ["channel-keeps"],
    origin: "weakness",
    incident: {
      what: "A message whose time to live is over is deleted, and nothing is left to trace it by",
      by: "WSO2 Enterprise Integrator issue 1914",
      year: 2018,
      url: "https://github.com/wso2/product-ei/issues/1914",
    },
  },
  {
    id: "PW8",
    breaks: "The crash of one actor of a pool takes all the others down, with what they are working on.",
    caughtBy: ["pool-crash-spares-others", "supervisor-restart-scope"],
    origin: "weakness",
    incident: {
      what: "A restart limit for single workers ends a whole pool of them when their common upstream fails",
      by: "RabbitMQ issue 834",
      year: 2016,
      url: "https://github.com/rabbitmq/rabbitmq-server/issues/834",
    },
  },
  {
    id: "PW9",
    breaks:
      "A checkout that timed out keeps its place in the line, and is lent an actor that nobody gives back.",
    caughtBy: ["pool-one-holder"],
    origin: "weakness",
    incident: {
      what: "A worker is handed to a waiting process that is gone, and never comes back",
      by: "Poolboy issue 74",
      year: 2015,
      url: "https://github.com/devinus/poolboy/issues/74",
    },
  },
  {
    id: "PW10",
    breaks: "A checkout finds no actor free and begins to wait a moment later, without looking again.",
    caughtBy: ["pool-serves-in-order"],
    origin: "weakness",
    incident: {
      what: "A connection that is returned between the look at the pool and the wait goes unnoticed",
      by: "fasthttp issue 2391",
      year: 2026,
      url: "https://github.com/valyala/fasthttp/issues/2391",
    },
  },
  {
    id: "PW11",
    breaks:
      "An actor that is given back twice is lent to two holders, and a pool grows past its largest size.",
    caughtBy: ["pool-bounds", "pool-one-holder"],
    origin: "weakness",
    incident: {
      what: "A connection that is released twice is in the pool twice, and two callers share it",
      by: "mysql2 issue 1280",
      year: 2021,
      url: "https://github.com/sidorares/node-mysql2/issues/1280",
    },
  },
  {
    id: "PW12",
    breaks: "A breaker that closes still counts what it had counted before it opened.",
    caughtBy: ["breaker-recovers"],
    origin: "weakness",
    incident: {
      what: "Old failures are never counted down, so that one more failure opens the circuit",
      by: "Vert.x circuit breaker issue 24",
      year: 2018,
      url: "https://github.com/vert-x3/vertx-circuit-breaker/issues/24",
    },
  },
  {
    id: "PW13",
    breaks:
      "A half-open breaker lets one call too many through, and waits for ever for calls that never come out.",
    caughtBy: ["breaker-gates"],
    origin: "weakness",
    incident: {
      what: "A circuit breaker is stuck half-open once permitted calls were never reported",
      by: "Resilience4j issue 935",
      year: 2020,
      url: "https://github.com/resilience4j/resilience4j/issues/935",
    },
  },
  {
    id: "PW14",
    breaks: "The outcome of a call from before a breaker opened moves it while it is half-open.",
    caughtBy: ["breaker-recovers"],
    origin: "weakness",
    incident: {
      what: "Results of calls that were begun while the circuit was closed arrive when it is half-open",
      by: "Polly issue 217",
      year: 2017,
      url: "https://github.com/App-vNext/Polly/issues/217",
    },
  },
  {
    id: "PW15",
    breaks: "An instance that fails at once has the fewest calls under way, and gets all the others.",
    caughtBy: ["registry-failing-avoided"],
    origin: "weakness",
    incident: {
      what: "Under least connections a server that answers quickly with errors attracts the traffic",
      by: "Review of ingress-nginx pull request 9025",
      year: 2022,
      url: "https://github.com/kubernetes/ingress-nginx/pull/9025",
    },
  },
  {
    id: "PW19",
    breaks: "What the other side declines, as it may, counts as a failure and opens the breaker.",
    caughtBy: ["breaker-recovers"],
    origin: "weakness",
    incident: {
      what: "Responses that say that the request was wrong trip the circuit of a healthy service",
      by: "Lagom issue 964",
      year: 2017,
      url: "https://github.com/lagom/lagom/issues/964",
    },
  },
];

export const actorDefects: readonly CataloguedDefect[] = [...weaknesses, ...classicActorDefects];

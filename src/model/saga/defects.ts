/**
 * Planted defects of the saga engine: protections that can be switched off one at a time. `AW` and a number
 * is a weakness of the design that it follows; the others are classics of the trade.
 *
 * `AW6` lets two runners take one run, and what they ask of the cloud twice is still recognised by its token:
 * it shows by A10 alone.
 */
import type { CataloguedDefect } from "seedstorm";
import { classicSagaDefects } from "./classic-defects.js";

const weaknesses: readonly CataloguedDefect[] = [
  {
    id: "AW1",
    breaks: "A run and its job are inserted by two transactions, and the job may never come.",
    caughtBy: ["every-run-ends"],
    origin: "weakness",
    incident: {
      what: "A job is lost when its queue can't be reached after the transaction has committed",
      by: "Rails pull request 55004",
      year: 2025,
      url: "https://github.com/rails/rails/pull/55004",
    },
  },
  {
    id: "AW2",
    breaks: "A job has one attempt: when its runner dies, nobody takes the run up again.",
    caughtBy: ["every-run-ends"],
    origin: "weakness",
    incident: {
      what: "The job is over as soon as it has begun, and after a crash nothing is left to be tried again",
      by: "Vercel Workflow issue 1531",
      year: 2026,
      url: "https://github.com/vercel/workflow/issues/1531",
    },
  },
  {
    id: "AW3",
    breaks: "A step that is executed again calls the cloud under a fresh token.",
    caughtBy: ["steps-apply-once"],
    origin: "weakness",
    incident: {
      what: "Why a call that is repeated after a lost answer must carry the key of the first",
      by: "Brandur Leach, Stripe",
      year: 2017,
      url: "https://stripe.com/blog/idempotency",
    },
  },
  {
    id: "AW4",
    breaks: "Compensation begins below the step that failed, though its call may have been applied.",
    caughtBy: ["rollback-leaves-nothing"],
    origin: "weakness",
    incident: {
      what: "A volume whose creation timed out is forgotten, and each retry makes another one",
      by: "Terraform provider for OpenStack issue 1011",
      year: 2020,
      url: "https://github.com/terraform-provider-openstack/terraform-provider-openstack/issues/1011",
    },
  },
  {
    id: "AW5",
    breaks: "A step's result and the run's context are written by two transactions.",
    caughtBy: ["output-with-completion"],
    origin: "weakness",
    incident: {
      what: "etcd 3.5 set the applied index outside of the transaction that applies",
      by: "etcd maintainers, data inconsistency post-mortem",
      year: 2022,
      url: "https://github.com/etcd-io/etcd/blob/main/Documentation/postmortems/v3.5-data-inconsistency.md",
    },
  },
  {
    id: "AW6",
    breaks: "A runner looks whether a run is free, and then takes it without a condition.",
    caughtBy: ["one-runner-per-run"],
    origin: "weakness",
    incident: {
      what: "Uniqueness that is checked before the insert lets duplicates through",
      by: "Peter Bailis and others, SIGMOD",
      year: 2015,
      url: "http://www.bailis.org/papers/feral-sigmod2015.pdf",
    },
  },
  {
    id: "AW7",
    breaks: "Jobs exclude each other, not runs: a job enqueued by hand runs beside the first.",
    caughtBy: ["one-runner-per-run"],
    origin: "weakness",
    incident: {
      what: "A task that is started by hand runs twice",
      by: "Apache Airflow issue 10026",
      year: 2020,
      url: "https://github.com/apache/airflow/issues/10026",
    },
  },
  {
    id: "AW8",
    breaks: "A run that crashed while it was compensated is resumed forward.",
    caughtBy: ["no-step-after-compensation"],
    origin: "weakness",
    incident: {
      what: "The rollback after a time-out and the commit go on side by side",
      by: "Apache Seata issue 5404",
      year: 2023,
      url: "https://github.com/apache/incubator-seata/issues/5404",
    },
  },
  {
    id: "AW9",
    breaks: "A run ends as rolled back though a compensation has failed.",
    caughtBy: ["rollback-leaves-nothing", "failed-compensation-shows"],
    origin: "weakness",
    incident: {
      what: "A compensation that fails has no state to go to",
      by: "Eventuate Tram Sagas issue 75",
      year: 2022,
      url: "https://github.com/eventuate-tram/eventuate-tram-sagas/issues/75",
    },
  },
  {
    id: "AW10",
    breaks: "A runner goes by its own copy of the run and misses a cancel.",
    caughtBy: ["cancel-is-honoured"],
    origin: "weakness",
    incident: {
      what: "A cancel that comes after the worker last read the job's row is lost",
      by: "Windmill pull request 11246",
      year: 2026,
      url: "https://github.com/windmill-labs/windmill/pull/11246",
    },
  },
  {
    id: "AW11",
    breaks: "A step waits for the cloud without end.",
    caughtBy: ["every-run-ends"],
    origin: "weakness",
    incident: {
      what: "A request without a time-out, which is the default, hangs for ever",
      by: "Requests issue 3070",
      year: 2016,
      url: "https://github.com/psf/requests/issues/3070",
    },
  },
  {
    id: "AW12",
    breaks: "A renamed step module can't be found under the name that a live run has for it.",
    caughtBy: ["every-run-ends"],
    origin: "weakness",
    incident: {
      what: "Jobs that name a class by its old name can't be read any more",
      by: "Delayed::Job pull request 1089",
      year: 2019,
      url: "https://github.com/collectiveidea/delayed_job/pull/1089",
    },
  },
  {
    id: "AW13",
    breaks: "What a step makes of the run's inputs is stored as the inputs.",
    caughtBy: ["inputs-never-change"],
    origin: "weakness",
    incident: {
      what: "By default a state's result takes the place of its whole input",
      by: "AWS Step Functions documentation, ResultPath",
      year: 2016,
      url: "https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html",
    },
  },
  {
    id: "AW14",
    breaks: "A run that has nothing to compensate fails at once, on an edge that nobody has defined.",
    caughtBy: ["legal-run-states"],
    origin: "weakness",
    incident: {
      what: "A release whose first installation failed is in a state that no upgrade leads out of",
      by: "Helm issue 3208",
      year: 2017,
      url: "https://github.com/helm/helm/issues/3208",
    },
  },
];

export const sagaDefects: readonly CataloguedDefect[] = [...weaknesses, ...classicSagaDefects];

/**
 * JetStream as the runner's broker. What nodes would declare is declared before they start, since a cluster that has just come up takes
 * its time for that; they find it as they want it. It is well again when each stream and each consumer has a leader. Streams are
 * read back in the end: what one replica holds and another does not is for the property that compares replicas to find.
 */
import type { Plan } from "seedstorm";
import type { Backend } from "seedstorm/live";
import { environmentOf, filesOf, runnerKnobs } from "../knobs.js";
import { durabilityOf } from "../roles.js";
import { loadSettings, type Settings } from "../settings.js";
import { consumersOf, streamsOf } from "../topology.js";
import { consumerOf, streamOf } from "./translated.js";

const settingsIn = ({ knobs }: Plan): Settings => loadSettings(filesOf(knobs), environmentOf(knobs, "*"));

export const runnerBackend: Backend = {
  id: "jetstream",
  title: "JetStream is the runner's broker",
  weaknesses: [],
  notJudged: [],
  knownInTheEnd: false,
  roams: true,
  /** Its logs are the streams themselves. */
  streams: (logs) => new Map(logs.map((log) => [log, log])),

  async prepare({ engine, plan, stop }) {
    const settings = settingsIn(plan);
    const durability = durabilityOf((id) => plan.defects.includes(id), runnerKnobs(plan.knobs));
    for (const config of streamsOf(settings, durability))
      await engine.untilDone(() => engine.manager.streams.add(streamOf(config)), stop);
    for (const { stream, config } of consumersOf(settings))
      await engine.untilDone(() => engine.manager.consumers.add(stream, consumerOf(stream, config)), stop);
  },

  async unwell(engine, plan) {
    const missing: string[] = [];
    for (const { stream, config } of consumersOf(settingsIn(plan))) {
      const found = await engine.consumerInfo(stream, config.name);
      if (found === null) missing.push(`there is no consumer ${stream}/${config.name}`);
      else if (found === undefined) missing.push(`nobody answers for the consumer ${stream}/${config.name}`);
      else if (!found.cluster?.leader) missing.push(`the consumer ${stream}/${config.name} has no leader`);
    }
    return missing;
  },

  recordState: () => Promise.resolve(),
  historyOf: (events) => events,
};

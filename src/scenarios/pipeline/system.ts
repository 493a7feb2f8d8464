/**
 * The cross-cloud order pipeline as a system under test: what boots, and what must hold of it.
 */
import { pipelineProperties } from "../../check/pipeline.js";
import { raftProperties } from "../../check/raft.js";
import { worldProperties } from "../../check/world.js";
import { pipelineDefects } from "../../model/pipeline/defects.js";
import { buildPipeline } from "../../model/pipeline/pipeline.js";
import type { System } from "../scenario.js";

export const pipelineSystem: System = {
  id: "pipeline",
  title: "cross-cloud order pipeline",
  properties: [...pipelineProperties, ...raftProperties, ...worldProperties],
  defects: pipelineDefects,
  build: buildPipeline,
};

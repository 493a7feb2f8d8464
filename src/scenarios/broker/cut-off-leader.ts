/**
 * One broker after the other can't talk to the others for a while, though everybody else still reaches it, and its clock may
 * stand still meanwhile. When it led, it goes on being asked by those who don't know better.
 */
import * as fc from "fast-check";
import { faultsOf, prescribed, seconds, together } from "seedstorm";
import { brokerScenario, SERVERS } from "./define.js";
import { BROKERS } from "./topology.js";

const cutOff = (low: number, high: number) =>
  prescribed<"partition">({
    kind: fc.constant("partition"),
    a: fc.tuple(fc.constantFrom(...BROKERS)),
    b: fc.constant([...BROKERS]),
    oneWay: fc.constant(false),
    at: seconds(low, high),
    for: seconds(4, 6),
  });

export const brokerCutOffLeader = brokerScenario({
  id: "broker-cut-off-leader",
  title: "leaders are cut off from the other brokers while their clients still reach them",
  shows:
    "Four times a broker is cut off from the others for 4 to 6 seconds, and nobody else notices; some clocks stand still. An old leader makes sure of its office " +
    "before it answers a read, and commits nothing; who asks it finds the new one.",
  workload: {
    messages: { min: 25, max: 40 },
    keys: { min: 200, max: 300 },
    transfers: { min: 1, max: 3 },
    tended: 0,
  },
  storm: together(
    cutOff(4, 5),
    cutOff(12, 13),
    cutOff(20, 21),
    cutOff(28, 29),
    faultsOf(
      ["clock-freeze", "pause"],
      { ...SERVERS, hosts: SERVERS.hosts.filter(({ role }) => role === "broker") },
      { min: 1, max: 3 },
    ),
  ),
  mustFire: ["partition"],
  goals: ["raft: election-under-load", "raft: leader-stepped-down"],
});

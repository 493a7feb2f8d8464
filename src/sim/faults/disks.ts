/** Faults of disks: damage to what is stored, full, slow and stalled ones. */
import type { Machine } from "../machine.js";
import type { Random } from "../random.js";
import { between, millis, place } from "./draws.js";
import { factor, lasting, type Selector, target } from "./fields.js";
import { kind } from "./kind.js";
import { eachHost, type StormedWorld, type Undo } from "./reach.js";

/** Damages the disk of each host that a fault means, for good, by draws of the host's own. */
function eachDisk(
  world: StormedWorld,
  fault: { readonly id: string; readonly target: Selector },
  damage: (disk: Machine["disk"], random: Random) => void,
): Undo {
  return eachHost(world, fault.target, (machine) => {
    damage(machine.disk, world.random(`fault/${fault.id}/${machine.stream}`));
    return undefined;
  });
}

export const DISK_FAULTS = {
  "bit-rot": kind({
    does: "a bit flips in a stored sector",
    fired: "at once, where something is stored",
    damages: true,
    fields: target,
    drawn: { target: place("victim") },
    begin: (fault, world, fired) => eachDisk(world, fault, (disk, random) => disk.rot(random, fired)),
  }),
  "misdirected-write": kind({
    does: "a write of the next fsync lands somewhere else on the disk",
    fired: "that happened",
    damages: true,
    fields: target,
    drawn: { target: place("victim") },
    begin: (fault, world, fired) =>
      eachDisk(world, fault, (disk, random) => disk.misdirectNextWrite(random, fired)),
  }),
  "latent-sector-error": kind({
    does: "a sector can't be read until it is written again",
    fired: "at once, where something is stored",
    damages: true,
    fields: target,
    drawn: { target: place("victim") },
    begin: (fault, world, fired) =>
      eachDisk(world, fault, (disk, random) => disk.latentSectorError(random, fired)),
  }),
  "fsync-failure": kind({
    does: "the next fsync fails, and its pages are clean and gone",
    fired: "that happened",
    damages: true,
    fields: target,
    drawn: { target: place("victim") },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.disk.failNextFsync(fired);
        return undefined;
      }),
  }),
  "disk-full": kind({
    does: "files can't grow",
    fired: "a write was refused",
    fields: lasting,
    drawn: { for: millis(500, 8_000), target: place("replica") },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.disk.fill(fired);
        return () => machine.disk.unfill(fired);
      }),
  }),
  "disk-slow": kind({
    does: "disk operations take many times as long",
    fired: "one did",
    fields: { ...lasting, factor },
    drawn: { for: millis(1_000, 10_000), target: place("replica"), factor: between(5, 100) },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.disk.slow(fault.factor, fired);
        return () => machine.disk.unslow(fired);
      }),
  }),
  "disk-stall": kind({
    does: "disk operations wait until it ends",
    fired: "one had to",
    fields: lasting,
    drawn: { for: millis(200, 6_000), target: place("replica") },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.disk.stall(fired);
        return () => machine.disk.unstall(fired);
      }),
  }),
  "disk-wipe": kind({
    does: "a host goes down and comes back with an empty disk",
    fired: "the host was up, or its disk was not empty",
    damages: true,
    fields: lasting,
    drawn: { for: millis(500, 6_000), target: place("victim") },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        const hadFiles = machine.disk.directory.entries().length > 0;
        if (machine.takeDown() || hadFiles) fired();
        machine.disk.wipe();
        return () => machine.bringUp();
      }),
  }),
};

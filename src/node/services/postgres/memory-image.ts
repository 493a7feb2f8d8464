/**
 * What a Postgres is at a moment: its memory and its files in memory, kept so that an instance can be set back to it. That is
 * what makes a boot cost milliseconds: starting the engine anew would take half a second, making a cluster four.
 *
 * Memory is kept in pages, those that are all zero left out. Files are shared with the image and copied when they change.
 */
import {
  type EmscriptenModule,
  type FileNode,
  isBytes,
  type MemoryFileSystem,
  type OpenStream,
} from "./emscripten.js";

const PAGE = 65_536;
const ZEROES = new Uint8Array(PAGE);

interface KeptNode {
  readonly node: FileNode;
  readonly name: string;
  readonly parent: FileNode;
  readonly mode: number;
  readonly usedBytes: number;
  readonly contents: FileNode["contents"];
}

interface KeptStream {
  readonly stream: OpenStream;
  readonly node: FileNode;
  readonly flags: number;
  readonly position: number;
}

export class MemoryImage {
  readonly #pages: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  readonly #nodes: KeptNode[] = [];
  readonly #streams: (KeptStream | null)[];
  readonly #stack: number;
  readonly #size: number;

  constructor(module: EmscriptenModule) {
    const heap = module.HEAPU8;
    for (let at = 0; at < heap.length; at += PAGE) {
      if (!isZero(heap, at)) this.#pages.push({ at, bytes: heap.slice(at, at + PAGE) });
    }
    this.#size = heap.length;
    for (const node of nodesOf(module.FS)) this.#nodes.push(kept(node));
    this.#streams = module.FS.streams.map((stream) =>
      stream === null || stream === undefined
        ? null
        : { stream, node: stream.node, flags: stream.shared.flags, position: stream.shared.position },
    );
    this.#stack = module.stackSave();
  }

  /** Sets the instance back. */
  restore(module: EmscriptenModule): void {
    this.#restoreMemory(module.HEAPU8);
    this.#restoreFiles(module.FS);
    module.FS.streams.length = 0;
    this.#streams.forEach((kept, descriptor) => {
      if (kept === null) return;
      kept.stream.node = kept.node;
      Object.assign(kept.stream.shared, { flags: kept.flags, position: kept.position });
      module.FS.streams[descriptor] = kept.stream;
    });
    module.stackRestore(this.#stack);
  }

  #restoreMemory(heap: Uint8Array): void {
    if (heap.length < this.#size) throw new RangeError("the memory of an instance can't shrink");
    let clean = 0;
    for (const { at, bytes } of this.#pages) {
      if (at > clean) zero(heap, clean, at);
      heap.set(bytes, at);
      clean = at + PAGE;
    }
    zero(heap, clean, heap.length);
  }

  #restoreFiles(fs: MemoryFileSystem): void {
    const there = new Set(nodesOf(fs));
    const then = new Set(this.#nodes.map(({ node }) => node));
    for (const node of there) if (!then.has(node)) fs.hashRemoveNode(node);
    for (const { node, name, parent, mode, contents, usedBytes } of this.#nodes) {
      const moved = node.name !== name || node.parent !== parent;
      if (moved && there.has(node)) fs.hashRemoveNode(node);
      if (moved || !there.has(node)) {
        node.name = name;
        node.parent = parent;
        fs.hashAddNode(node);
      }
      node.mode = mode;
      node.usedBytes = usedBytes;
      node.contents = isBytes(contents) ? contents : { ...contents };
      if (isBytes(contents)) node.isShared = true;
    }
  }
}

/** Zeroes what is not zero yet: most of it is, and looking is cheaper than writing. */
function zero(heap: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at += PAGE) if (!isZero(heap, at)) heap.fill(0, at, at + PAGE);
}

function isZero(heap: Uint8Array, at: number): boolean {
  return Buffer.compare(heap.subarray(at, at + PAGE), ZEROES) === 0;
}

function kept(node: FileNode): KeptNode {
  const { name, parent, mode, usedBytes, contents } = node;
  if (isBytes(contents)) node.isShared = true;
  return { node, name, parent, mode, usedBytes, contents: isBytes(contents) ? contents : { ...contents } };
}

/** Every file and folder in memory, those of other mounts and devices left out. */
function nodesOf(fs: MemoryFileSystem): FileNode[] {
  const found: FileNode[] = [];
  const walk = (node: FileNode): void => {
    if (fs.isDir(node.mode)) {
      found.push(node);
      for (const child of Object.values(node.contents as Record<string, FileNode>)) {
        if (child !== node && child.mount === node.mount && child.contents !== undefined) walk(child);
      }
    } else if (fs.isFile(node.mode)) found.push(node);
  };
  walk(fs.root);
  return found;
}

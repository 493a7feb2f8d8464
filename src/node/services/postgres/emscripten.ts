/** What is used of Emscripten's module and its file system in memory, and of PGlite around it: the shapes of foreign code. */

/** Null for a file that was never written to. */
export type FileBytes = Uint8Array | Int8Array | null;

export interface FileNode {
  name: string;
  parent: FileNode;
  mode: number;
  readonly mount: object;
  /** The bytes of a file, or the entries of a directory by name. */
  contents: FileBytes | Record<string, FileNode>;
  usedBytes: number;
  readonly rdev: number;
  node_ops: NodeOperations;
  stream_ops: StreamOperations;
  /** The bytes are those of an image: they are copied before they are changed. */
  isShared?: boolean;
}

export interface OpenStream {
  node: FileNode;
  readonly flags: number;
  position: number;
  readonly shared: { flags: number; position: number };
}

export interface StreamOperations {
  read(stream: OpenStream, buffer: Uint8Array, offset: number, length: number, position: number): number;
  write(
    stream: OpenStream,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | undefined,
    canOwn: boolean,
  ): number;
  fsync?(stream: OpenStream): number;
}

export interface NodeOperations {
  setattr(node: FileNode, attributes: { readonly size?: number }): void;
  rename(node: FileNode, folder: FileNode, name: string): void;
  unlink(folder: FileNode, name: string): void;
  mknod(folder: FileNode, name: string, mode: number, device: number): FileNode;
}

export interface MemoryFileSystem {
  readonly root: FileNode;
  streams: (OpenStream | null)[];
  readonly ErrnoError: new (errno: number) => Error;
  isDir(mode: number): boolean;
  isFile(mode: number): boolean;
  lookupPath(path: string): { readonly node: FileNode };
  getPath(node: FileNode): string;
  getDevice(device: number): { readonly stream_ops: StreamOperations } | undefined;
  mkdirTree(path: string, mode: number): void;
  create(path: string, mode: number): unknown;
  unlink(path: string): void;
  hashAddNode(node: FileNode): void;
  hashRemoveNode(node: FileNode): void;
}

export interface EmscriptenModule {
  readonly HEAPU8: Uint8Array;
  readonly FS: MemoryFileSystem;
  readonly ENV: { readonly PGDATABASE: string };
  callMain(args: readonly string[]): number;
  stackSave(): number;
  stackRestore: (stack: number) => void;
  _sbrk?(bytes: number): number;
  _malloc(bytes: number): number;
  _free(at: number): void;
  /** Zero when the library can't be loaded. */
  _dlopen(path: number, flags: number): number;
  _pgl_setPGliteActive(active: number): void;
  _pgl_startPGlite(): void;
}

/** The file system that PGlite is given: it asks for one, and is given ours. */
export interface PGliteFileSystem {
  init(database: unknown, options: { readonly preRun?: readonly unknown[] }): Promise<object>;
  initialSyncFs(): Promise<void>;
  syncToFs(): Promise<void>;
  closeFs(): Promise<void>;
  dumpTar(): Promise<never>;
}

export interface PGliteOptions {
  readonly fs?: PGliteFileSystem;
  readonly startParams?: readonly string[];
  readonly initDbStartParams?: readonly string[];
  readonly pgliteWasmModule: object;
  readonly initdbWasmModule: object;
  readonly fsBundle: { arrayBuffer(): Promise<ArrayBuffer> };
  readonly relaxedDurability?: boolean;
}

export interface Database {
  readonly waitReady: Promise<void>;
  readonly Module?: EmscriptenModule;
  readonly mod?: EmscriptenModule;
  exec(sql: string): Promise<unknown>;
  close(): Promise<void>;
  execProtocolRawSync(message: Uint8Array): Uint8Array;
}

export type DatabaseClass = new (options: PGliteOptions) => Database;

/** Where PGlite keeps its cluster. */
export const ROOT = "/pglite/data";

/** Every file of the cluster by its path within it, which begins with a slash, and the directories. */
export interface ClusterImage {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly folders: readonly string[];
}

export function isBytes(contents: FileNode["contents"]): contents is FileBytes {
  return contents === null || ArrayBuffer.isView(contents);
}

/** The bytes that are used; a copy where the buffer has room for more, which the engine may write to. */
function bytesOf(contents: Uint8Array | Int8Array, used: number): Uint8Array {
  const { buffer, byteOffset } = contents;
  const bytes = new Uint8Array(buffer, byteOffset, used);
  return contents.length === used ? bytes : bytes.slice();
}

/** What the file system holds of the cluster. The bytes are shared with it: it copies them before it changes them. */
export function imageOf(fs: MemoryFileSystem): ClusterImage {
  const files = new Map<string, Uint8Array>();
  const folders: string[] = [];
  const walk = (folder: FileNode, path: string): void => {
    for (const node of Object.values(folder.contents as Record<string, FileNode>)) {
      const name = `${path}/${node.name}`;
      if (fs.isDir(node.mode)) {
        folders.push(name);
        walk(node, name);
      } else if (fs.isFile(node.mode)) {
        const { contents, usedBytes } = node;
        node.isShared = true;
        files.set(
          name,
          isBytes(contents) && contents !== null ? bytesOf(contents, usedBytes) : new Uint8Array(0),
        );
      }
    }
  };
  walk(fs.lookupPath(ROOT).node, "");
  return { files, folders };
}

/**
 * Between the engine's files in memory and the disk: bytes that belong to an image are copied before they are changed, and
 * every change of a file of the cluster goes to the data directory, when there is one.
 */
import { DiskError, HostEnded } from "../../../sim/disk.js";
import type { DataDirectory } from "./data-directory.js";
import { type FileNode, isBytes, type MemoryFileSystem, ROOT } from "./emscripten.js";

const APPEND = 1_024;
const EIO = 29;
const ENOSPC = 51;

export class WriteThrough {
  /** Undefined while nothing is to be written through: the engine starts, or is set back. */
  directory: DataDirectory | undefined;
  /** What has ended the server, once something has: its host went down within a sync, or it gave up. */
  fatal: Error | undefined;

  constructor(FS: MemoryFileSystem) {
    const file = FS.lookupPath(`${ROOT}/PG_VERSION`).node;
    const folder = FS.lookupPath(ROOT).node;
    const pathOf = (node: FileNode): string | undefined => {
      const path = FS.getPath(node);
      return path === ROOT ? "" : path.startsWith(`${ROOT}/`) ? path.slice(ROOT.length) : undefined;
    };
    /** Does something to the disk for a file of the cluster; the disk's errors are the system's. */
    const through = (
      node: FileNode,
      name: string,
      act: (directory: DataDirectory, path: string) => void,
    ): void => {
      const path = this.directory === undefined ? undefined : pathOf(node);
      if (this.directory === undefined || path === undefined) return;
      try {
        act(this.directory, path + name);
      } catch (error) {
        if (error instanceof HostEnded) this.fatal = error;
        if (error instanceof DiskError) throw new FS.ErrnoError(error.code === "ENOSPC" ? ENOSPC : EIO);
        throw error;
      }
    };
    const { write } = file.stream_ops;
    file.stream_ops.write = (stream, buffer, offset, length, position, _canOwn) => {
      const { node, flags } = stream;
      unshare(node);
      const at = (flags & APPEND) !== 0 ? node.usedBytes : (position ?? stream.position);
      through(node, "", (disk, path) => disk.write(path, at, buffer.slice(offset, offset + length)));
      return write(stream, buffer, offset, length, position, false);
    };
    file.stream_ops.fsync = ({ node }) => {
      through(node, "", (disk, path) => disk.sync(path));
      return 0;
    };
    const { setattr } = file.node_ops;
    file.node_ops.setattr = (node, attributes) => {
      const { size } = attributes;
      if (size !== undefined && size !== node.usedBytes) {
        unshare(node);
        through(node, "", (disk, path) => disk.resize(path, size));
      }
      setattr(node, attributes);
    };
    const { rename, unlink, mknod } = folder.node_ops;
    folder.node_ops.rename = (node, to, name) => {
      const target = pathOf(to);
      if (target !== undefined && FS.isFile(node.mode)) {
        through(node, "", (disk, path) => disk.rename(path, `${target}/${name}`));
      }
      rename(node, to, name);
    };
    folder.node_ops.unlink = (parent, name) => {
      through(parent, `/${name}`, (disk, path) => disk.remove(path));
      unlink(parent, name);
    };
    folder.node_ops.mknod = (parent, name, mode, device) => {
      const node = mknod(parent, name, mode, device);
      if (FS.isFile(mode)) through(parent, `/${name}`, (disk, path) => disk.create(path));
      return node;
    };
  }
}

/** The bytes are the engine's own from now on. */
function unshare(node: FileNode): void {
  if (node.isShared !== true || !isBytes(node.contents)) return;
  node.contents = node.contents === null ? null : node.contents.slice();
  node.isShared = false;
}

/** Errors as Node's system calls give them: with a code, a number and the call that failed. */
import { constants } from "node:os";

export interface SystemErrorFields {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly hostname?: string | undefined;
  readonly path?: string | undefined;
}

/** `connect ECONNREFUSED 10.0.0.1:80` */
export function systemError(
  code: string,
  syscall: string,
  fields: SystemErrorFields = {},
): NodeJS.ErrnoException {
  const { address, port, hostname, path } = fields;
  const place =
    address === undefined ? (hostname ?? (path === undefined ? "" : `'${path}'`)) : `${address}:${port}`;
  const known = constants.errno as unknown as Readonly<Record<string, number>>;
  const error = new Error(`${syscall} ${code}${place === "" ? "" : ` ${place}`}`);
  return Object.assign(error, { code, errno: -(known[code] ?? 1), syscall, ...fields });
}

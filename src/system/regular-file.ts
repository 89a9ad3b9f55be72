import { statSync } from 'node:fs';
import { basename } from 'node:path';

/** Returns the path. Throws if it is not a regular file: nodrop would wait for a pipe, and read a device for ever. */
export function regularFile(path: string): string {
  if (statSync(path).isFile()) return path;
  const error = new Error(`${basename(path)} is not a regular file`);
  throw Object.assign(error, { code: 'ENOTSUP', syscall: 'open', path });
}

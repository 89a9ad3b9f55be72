import { statSync } from 'node:fs';
import { basename } from 'node:path';

/** The path itself. Throws where something else stands there: a pipe would be waited for, a device read for ever. */
export function regularFile(path: string): string {
  if (statSync(path).isFile()) return path;
  const error = new Error(`${basename(path)} is no regular file`);
  throw Object.assign(error, { code: 'ENOTSUP', syscall: 'open', path });
}

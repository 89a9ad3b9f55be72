/** One folder for all temporary files of a bench. It is removed afterwards, however the bench ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Waits for a PostgreSQL, which its own guard ends, and for all other programs that still write. */
const guardScript = `cat >/dev/null
  for i in $(seq 100); do ls "$0"/*/data/postmaster.pid >/dev/null 2>&1 || break; sleep 0.1; done
  for i in $(seq 20); do rm -rf "$0" 2>/dev/null; [ -e "$0" ] || exit 0; sleep 0.5; done`;

/** Makes the folder, which is from then on the temporary folder (TMPDIR) of this process and its children. */
export function makeTemporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'nodrop-bench-'));
  // PostgreSQL, which does not run as root, needs to traverse the folder.
  chmodSync(path, 0o711);
  // Ctrl-C does not reach the guard's own process group.
  const guard = spawn('/bin/sh', ['-c', guardScript, path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  (guard.stdin as Socket).unref();
  process.env['TMPDIR'] = path;
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      guard.ref();
      guard.stdin.end();
      await once(guard, 'exit');
    },
  };
}

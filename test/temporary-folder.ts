/** What tests write lies in one folder of the test run's own, which goes away unless one failed. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

export default function setup({ vitest }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'nodrop-tests-'));
  // PostgreSQL, which refuses to run as root, has a folder in it under another account.
  chmodSync(folder, 0o711);
  // Where `tmpdir()` looks, in the tests' processes and in those that they start.
  process.env['TMPDIR'] = folder;
  return () => {
    if (vitest.state.getCountOfFailedTests() === 0) rmSync(folder, { recursive: true, force: true });
    else process.stderr.write(`What the tests wrote is in ${folder}\n`);
  };
}

/** A store that cannot be written for a while: the consumer waits, and no message is lost. */
import { execFileSync, spawn } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { program, until } from '../fixtures/nodrop.ts';
import { heard, produced, storedBy, verdictOf } from '../fixtures/produced-run.ts';

test('on a full disk no offset goes past the stored rows, and the consumer completes the run when there is room', async () => {
  const run = await produced(20_000);
  const small = ['-X', 'max.partition.fetch.bytes=100000'];
  // A limit on file sizes (2048 blocks of 512 or 1024 bytes) stands for a full disk.
  const child = spawn(
    'sh',
    ['-c', 'ulimit -S -f 2048; exec "$@"', 'sh', process.execPath, program, ...run.consume, ...small],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said = heard(child);
  const ended = Promise.all([once(child, 'exit'), text(child.stderr)]);
  await until('it meets the limit', () => said().includes('Trying again'));
  expect(said()).toMatch(/cannot be used: (disk I\/O error|database or disk is full)/);
  const stored = storedBy(run);
  const rows = new DatabaseSync(run.store, { readOnly: true, timeout: 5_000 });
  expect(rows.prepare('SELECT count(*) AS rows FROM messages').get()).toEqual({ rows: stored });
  rows.close();
  expect(stored).toBeLessThan(20_000);
  execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited']);
  const [[code]] = (await ended) as [[number], string];
  expect(code, said()).toBe(0);
  expect(await verdictOf(run)).toMatchObject({ verdict: 'pass', store: { rows: 20_000 } });
});

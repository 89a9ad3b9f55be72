/** Runs whose store is behind a real PgBouncer. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { expectSurvived, quickGroup, runWith, sharedBroker as shared } from '../fixtures/faulted-run.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';
import { hasPooler, startPooler } from '../fixtures/pooler.ts';

const modes = ['transaction', 'session'] as const;
const faults = [
  ['kill-consumer@1s+1s'],
  ['pause-consumer@1s+6s'],
  ['restart-store@2s+2s'],
  ['lock-store@1s+3s'],
  ['cut:store@1s+3s', 'reset_peer:store@6s'],
];

const { password } = inject('postgres');

test.skipIf(!hasPooler)('a run with two consumers behind a pooler of three sessions passes', async () => {
  const pooled = await startPooler(inject('postgres'), { size: 3 });
  try {
    const store = `--store=${pooled.location}?schema=t${randomUUID().slice(0, 8)}`;
    const load = ['--messages=600', '--consumers=2', '--quiet', '--json', ...quickGroup, shared];
    const { code, stdout, stderr } = await nodrop(['run', `--dir=${newDir()}`, store, ...load], {
      PGPASSWORD: password,
    });
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'pass', store: { rows: 600 } });
  } finally {
    await pooled.stop();
  }
});

test.skipIf(!hasPooler).each(modes.flatMap((mode) => faults.map((each) => [mode, each] as const)))(
  'in %s mode a run passes with %o',
  async (mode, given) => {
    const pooler = await startPooler(inject('postgres'), { mode, size: 6 });
    try {
      const store = `--store=${pooler.location}?schema=t${randomUUID().slice(0, 8)}`;
      const run = await runWith(given, ['--duration=9s', '--consumers=2', store, ...quickGroup, shared]);
      expectSurvived(run);
      expect(run.result.faults).toHaveLength(given.length);
    } finally {
      await pooler.stop();
    }
  },
);

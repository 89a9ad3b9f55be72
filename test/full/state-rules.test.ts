/** Where a message carries its state: what `test/integration/state-rules.test.ts` leaves out, since it takes longer. */
import { expect, test } from 'vitest';
import { newRun } from '../fixtures/new-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { nodrop } from '../fixtures/nodrop.ts';
import { statedRun } from '../fixtures/stated-run.ts';

test('run --state-field passes, and its messages carry the state in the field', async () => {
  const { manifest, payloads, categories } = await statedRun('--state-field=status.code');
  expect(manifest).toMatchObject({ stateField: 'status.code' });
  for (const payload of payloads) expect(payload).toMatch(/^\{"id":"p0-\d+","status":\{"code":"failed"\},"/);
  expect(categories).toEqual(['completed', 'failed', 'in-progress']);
});

test('the consume command that produce prints names the place of the state', async () => {
  const { dir, run, options } = newRun();
  const states = ['--state-header=x-state', '--states=open=3,paid'];
  const produced = await nodrop(['produce', '--messages=50', ...states, ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const [, consume] = produced.stdout.trim().split('\n');
  const consumed = await nodrop(consume!.split(' ').slice(1));
  expect(consumed.stdout, consumed.stderr).toContain('50 rows and 0 dead letters');
  expect((await nodropInProcess(['verify', run, `--dir=${dir}`])).code).toBe(0);
});

test('a consumer with another place of the state makes dead letters, and the audit finds them wrong', async () => {
  const { dir, run, options } = newRun();
  await nodrop(['produce', '--messages=50', '--state-header=x-state', ...options]);
  const consumed = await nodrop(['consume', '--until-drained', ...options]);
  expect(consumed.stdout, consumed.stderr).toContain('0 rows and 50 dead letters');
  const verified = await nodropInProcess(['verify', run, `--dir=${dir}`, '--json']);
  expect(verified.code).toBe(1);
  expect(JSON.parse(verified.stdout)).toMatchObject({
    findings: [{ kind: 'wrongly-dead-lettered', blame: 'consumer', count: 50 }],
  });
});

/** Where a message carries its state: what `test/integration/state-rules.test.ts` leaves out, since it takes longer. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { newRun } from '../fixtures/new-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { nodrop } from '../fixtures/nodrop.ts';
import { statedRun } from '../fixtures/stated-run.ts';

test('run --state-field passes, and its messages carry the state in the field', async () => {
  const { manifest, payloads, rows } = await statedRun('--state-field=status.code');
  expect(manifest).toMatchObject({ stateField: 'status.code' });
  for (const payload of payloads) expect(payload).toMatch(/^\{"id":"p0-\d+","status":\{"code":"failed"\},"/);
  expect(Object.keys(rows).toSorted()).toEqual(['completed', 'failed', 'in-progress']);
});

test('the consume command that produce prints names the states and their place, as a shell needs them', async () => {
  const { dir, run, options } = newRun();
  const states = ['--state-header=x-state', String.raw`--states=open=3,going_on:In Progress,it's\,`];
  const produced = await nodrop(['produce', '--messages=50', ...states, ...options]);
  expect(produced.code, produced.stderr).toBe(0);
  const [, consume] = produced.stdout.trim().split('\n');
  const words = execFileSync('sh', ['-c', `printf '%s\n' ${consume}`], { encoding: 'utf8' });
  const [, ...args] = words.trim().split('\n');
  expect(args).toContain(String.raw`open,going_on:In Progress,it's\,`);
  const consumed = await nodrop(args);
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

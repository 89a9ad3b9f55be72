/** Topics that nodrop keeps. `test/integration/shared-cluster.test.ts` has further topics, and groups. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newRun } from '../fixtures/new-run.ts';
import { nodrop, start, until } from '../fixtures/nodrop.ts';
import { leftTopic, OtherProgram } from '../fixtures/other-program.ts';
import { verify } from '../fixtures/verify.ts';

let other: OtherProgram;
beforeAll(() => {
  other = new OtherProgram();
});
afterAll(() => other.close());

test('a passed run keeps its topic if another program has written into it', async () => {
  const { run, options } = newRun();
  const topic = `nodrop-${run}`;
  const { ended } = start(['run', '--messages=100', '--rate=100', ...options]);
  await until('the topic is there', () => other.isThere(topic));
  await other.write(topic);
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(leftTopic(topic, 'it holds 1 record of others'));
  expect(await other.isThere(topic)).toBe(true);
});

test('a passed run keeps its topic if --keep-topic is given', async () => {
  const { dir, run, options } = newRun();
  const { code, stderr } = await nodrop(['run', '--messages=50', '--keep-topic', ...options]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`--delete --topic nodrop-${run}`);
  expect((await verify(dir, run, '--rescan', '--timeout=3s')).code).toBe(0);
});

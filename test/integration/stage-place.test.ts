/** The place of a consumer, in which processes follow one another. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { startStages } from '../../src/pipeline/stage/stage-group.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { newDir, nodrop, until } from '../fixtures/nodrop.ts';

const bootstrapServers = inject('bootstrapServers');
const messages = 6_000;

test('the progress of a restarted consumer continues from that of the killed one', async () => {
  const [dir, run] = [newDir(), `p${randomUUID().slice(0, 8)}`];
  const options = [`--run=${run}`, `--dir=${dir}`];
  const plan = [`--messages=${messages}`, `--bootstrap-server=${bootstrapServers}`];
  const produced = await nodrop(['produce', ...plan, ...options]);
  expect(produced.code, produced.stderr).toBe(0);

  // Small fetches, so that records are left when the consumer is killed.
  const limits = ['-X', 'max.partition.fetch.bytes=1024', '-X', 'session.timeout.ms=2000'];
  const args = ['consume', '--until-drained', '--quiet', ...limits, ...options];
  const told: number[] = [];
  const { stages } = startStages('consumer', [args], new RunFolder(dir, run), (done) => told.push(done));
  const [consumer] = stages;
  consumer!.tell({ type: 'bootstrap', bootstrapServers });
  await until('it gets on', () => told.length > 1);
  await consumer!.kill();
  const before = told.length;
  expect(told.at(-1)).toBeLessThan(messages);
  await consumer!.start();
  consumer!.tell({ type: 'produced' });
  expect(await consumer!.exited).toMatchObject({ code: 0 });
  expect(told.length).toBeGreaterThan(before);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBeLessThanOrEqual(messages);
});

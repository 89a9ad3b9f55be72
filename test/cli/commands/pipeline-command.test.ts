/** What `nodrop run PIPELINE` refuses before it starts anything, and what other commands say of such a run. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { GrowingPipelineRun } from '../../fixtures/growing-pipeline-run.ts';
import { newDir } from '../../fixtures/nodrop.ts';
import { nodropInProcess } from '../../fixtures/nodrop-in-process.ts';

const dir = newDir();
const config = join(dir, 'nodrop.config.yaml');
beforeAll(() => {
  const pipeline = (name: string): string =>
    `  ${name}:\n    source: { topic: ${name} }\n    sinks: { out: { topic: ${name}.out } }\n`;
  writeFileSync(config, `pipelines:\n${pipeline('orders')}${pipeline('refunds')}`);
});

const run = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await nodropInProcess(['run', ...args, '--dir', dir]);
  expect([code, stdout]).toEqual([64, '']);
  expect(existsSync(join(dir, 'runs'))).toBe(false);
  return stderr;
};

test('a config without a pipeline is refused, and its pipelines are named', async () => {
  const stderr = await run('--config', config);
  expect(stderr).toContain(`--config is given, but no pipeline: ${config} has orders, refunds.`);
  expect(stderr).toContain(`For example: nodrop run orders --config ${config}`);
});

test('a pipeline that the config does not have is refused, with the nearest or all', async () => {
  const near = await run('order', '--config', config);
  expect(near).toContain('The config has no pipeline order.');
  expect(near).toContain('Did you mean orders?');
  expect(await run('payments', '--config', config)).toContain('It has orders, refunds.');
});

test('a pipeline without a config is refused', async () => {
  expect(await run('orders', '--config', join(dir, 'none.yaml'))).toMatch(/there is no such file/);
});

test.each([
  [['--producers', '2'], '--producers'],
  [['--duration', '5s'], '--duration'],
  [['--store', 'sqlite:x.sqlite'], '--store'],
  [['--keep-topic'], '--keep-topic'],
  [['--consumers', '2'], '--consumers'],
  [['--topic', 'orders'], '--topic'],
  [['--states', 'a=1'], '--states'],
])("%o, which is for nodrop's own pipeline, is refused", async (args, flag) => {
  const stderr = await run('orders', '--config', config, ...args);
  expect(stderr).toContain(`${flag} is for nodrop's own pipeline: the config describes yours.`);
  expect(stderr).toContain('Leave it out, or leave the name of the pipeline out.');
});

test.each([
  ['messages', []],
  ['export', []],
  ['produce', ['--bootstrap-server', '127.0.0.1:1']],
  ['consume', ['--bootstrap-server', '127.0.0.1:1']],
] as const)(
  "nodrop %s refuses a run of a user's pipeline, and says what it has instead",
  async (command, more) => {
    const place = newDir();
    const { ledger } = new GrowingPipelineRun(place, 'mine', 10, 2 ** 22 + 1);
    ledger.close();
    const named = ['produce', 'consume'].includes(command) ? ['--run', 'mine'] : ['mine'];
    const { code, stdout, stderr } = await nodropInProcess([command, ...named, '--dir', place, ...more]);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(
      `nodrop ${command} is for runs of nodrop's own pipeline, and mine is one of your pipeline orders.`,
    );
    expect(stderr).toContain('nodrop verify mine, nodrop explain mine ID');
  },
);

/** Runs of a user's pipeline, each with a broker of its own, that are killed at different moments. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leftoverProcess } from '../../src/system/process-record.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { forwardingConfig } from '../fixtures/forwarding-config.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { processesNaming, start, until } from '../fixtures/nodrop.ts';

const courseOf = (folder: RunFolder): string =>
  existsSync(folder.events) ? readFileSync(folder.events, 'utf8') : '';

test.each([
  ['its broker starts', (folder: RunFolder) => existsSync(join(folder.broker, 'broker.log'))],
  ['its processes start', (folder: RunFolder) => existsSync(folder.file('processes/forwarder-0.log'))],
  ['messages are handed over', (folder: RunFolder) => courseOf(folder).includes('"publishing"')],
  ['it waits for the pipeline', (folder: RunFolder) => courseOf(folder).includes('"draining"')],
  ['hops and sinks are read', (folder: RunFolder) => courseOf(folder).includes('reading what')],
] as const)(
  'a run that is killed while %s leaves neither processes nor a broker, and clean removes it',
  async (_, isThere) => {
    const { name, dir, args } = forwardingConfig({ messages: { count: 1_000, rate: '500/s' } });
    const folder = new RunFolder(dir, 'killed');
    const { child, ended } = start([...args, '--run', 'killed']);
    await until('the moment has come', () => isThere(folder));
    child.kill('SIGKILL');
    await ended;
    const isGone = async (): Promise<boolean> =>
      processesNaming(name).length === 0 &&
      processesNaming(folder.path).length === 0 &&
      (await leftoverProcess(folder.broker)) === undefined;
    await until('all that it started is gone', isGone);
    const { stdout, stderr } = await nodropInProcess(['clean', '--dir', dir, '--yes']);
    expect([stdout, stderr]).toEqual([expect.stringContaining(`crashed      ${folder.path}`), '']);
    expect(readdirSync(join(dir, 'runs'))).toEqual([]);
  },
);

/** A run of a user's pipeline that is killed with all that it has started. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { forwardingConfig } from '../fixtures/forwarding-config.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { processesNaming, start, until } from '../fixtures/nodrop.ts';

test('a run that was killed leaves no process behind, and clean removes all of it', async () => {
  const messages = { count: 100_000, rate: '1000/s' };
  const { name, dir, args } = forwardingConfig({ bootstrapServers: inject('bootstrapServers'), messages });
  const folder = new RunFolder(dir, 'killed');
  const { child, ended } = start([...args, '--run', 'killed']);
  const isHandingOver = (): boolean => existsSync(folder.file('ledger-p0-0.bin'));
  await until('messages are handed over', isHandingOver);
  expect(processesNaming(name).length).toBeGreaterThan(2);
  child.kill('SIGKILL');
  await ended;
  await until('all that it started is gone', () => processesNaming(name).length === 0);
  const { stdout } = await nodropInProcess(['clean', '--dir', dir, '--yes']);
  expect(stdout).toContain(`crashed      ${folder.path}`);
  expect(readdirSync(join(dir, 'runs'))).toEqual([]);
});

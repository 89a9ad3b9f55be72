/** A consumer that hangs while its run is killed: it waits as long for an orderly end as orphans may. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { expect, inject, test } from 'vitest';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { isAlive } from '../../src/system/process-state.ts';
import { childOf, newDir, start, until } from '../fixtures/nodrop.ts';

test('a hanging consumer ends when its run is killed', async () => {
  const folder = new RunFolder(newDir(), `st${randomUUID().slice(0, 8)}`);
  const at = `--bootstrap-server=${inject('bootstrapServers')}`;
  const options = ['run', '--messages=2000', `--run=${folder.id}`, `--dir=${folder.path}/../..`, at];
  const { child, ended } = start(options, { NODROP_SABOTAGE: 'stall:700' });
  const log = folder.file('consumer.log');
  await until('it hangs', () => existsSync(log) && readFileSync(log, 'utf8').includes('has done it'));
  const consumer = childOf(child.pid!, 'consume');
  expect(consumer).toBeGreaterThan(0);
  child.kill('SIGKILL');
  await ended;
  await until('it is gone', () => !isAlive(consumer));
});

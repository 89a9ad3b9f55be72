/** The names of client settings, compared with those of Kafka's own clients. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRuntime } from '../../src/kafka/broker/runtime.ts';
import { clientSettings } from '../../src/kafka/client/client-settings.ts';
import { isJavaSetting } from '../../src/kafka/client/java-settings.ts';

test('nodrop knows the names of all settings of the Java clients', async () => {
  const { java, env } = await findRuntime({});
  const program = join(import.meta.dirname, '../fixtures/SettingNames.java');
  const names = execFileSync(java.path, [program], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .trim()
    .split('\n');
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name) => !isJavaSetting(name))).toEqual([]);
  const known = Object.keys(clientSettings);
  expect(known.filter((name) => !names.includes(name))).toEqual([]);
});

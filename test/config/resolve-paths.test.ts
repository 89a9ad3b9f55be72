import { expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { resolveEnv, resolvePaths } from '../../src/config/resolve-paths.ts';

test('paths count from the folder of the config, and all else stays as it is', () => {
  const config: Config = {
    kafka: { bootstrapServers: 'a:1', commandConfig: 'client.properties' },
    processes: { w: { command: 'x', cwd: '../app' }, v: { command: 'x' } },
    pipelines: {
      a: {
        source: { command: './source.py', cwd: 'bin' },
        hops: { h: { topic: 'h' } },
        sinks: {
          lite: { database: 'sqlite:db/x.sqlite', table: 't' },
          absolute: { database: 'sqlite:/var/x.sqlite', table: 't' },
          server: { database: 'postgres://a@b/c', table: 't' },
          env: { database: 'env:DB', table: 't' },
          file: { file: 'out/*.jsonl' },
          told: { command: './rows.sh' },
        },
      },
      b: { source: { database: 'sqlite:in.db', table: 't' }, sinks: {} },
    },
    faults: ['kill-leader@5s'],
  };
  expect(resolvePaths(config, '/etc/conf')).toEqual({
    ...config,
    kafka: { bootstrapServers: 'a:1', commandConfig: '/etc/conf/client.properties' },
    processes: { w: { command: 'x', cwd: '/etc/app' }, v: { command: 'x', cwd: '/etc/conf' } },
    pipelines: {
      a: {
        ...config.pipelines['a'],
        source: { command: './source.py', cwd: '/etc/conf/bin' },
        sinks: {
          ...config.pipelines['a']!.sinks,
          lite: { database: 'sqlite:/etc/conf/db/x.sqlite', table: 't' },
          file: { file: '/etc/conf/out/*.jsonl' },
        },
      },
      b: { source: { database: 'sqlite:/etc/conf/in.db', table: 't' }, sinks: {} },
    },
  });
});

test('a text that begins with env: stands for the variable, which must be set', () => {
  process.env['NODROP_TEST_TEXT'] = 'a secret';
  try {
    expect(resolveEnv('env:NODROP_TEST_TEXT')).toBe('a secret');
  } finally {
    delete process.env['NODROP_TEST_TEXT'];
  }
  expect(resolveEnv('plain')).toBe('plain');
  expect(() => resolveEnv('env:NODROP_TEST_TEXT')).toThrow('the variable NODROP_TEST_TEXT, which is not set');
});

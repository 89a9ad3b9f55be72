/** Real installations of Kafka by Maven, into new caches. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { kafkaCacheState } from '../../src/kafka/broker/jars.ts';
import { pinnedVersions } from '../../src/kafka/broker/versions.ts';

const script = fileURLToPath(new URL('../fixtures/find-runtime.ts', import.meta.url));
let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'nodrop-test-'));
  vi.stubEnv('NODROP_CACHE', cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

const findRuntime = (...version: string[]) => promisify(execFile)(process.execPath, [script, ...version]);

test('two installations at once into an empty cache both succeed, and a damaged jar is downloaded again', async () => {
  for (const { stdout, stderr } of await Promise.all([findRuntime(), findRuntime()])) {
    expect(JSON.parse(stdout)).toMatchObject({ kafkaVersion: expect.stringMatching(/^4\./) });
    expect(stderr).toMatch(/^getting Apache Kafka 4\S+ with Maven/);
    expect(stderr).not.toMatch(/https?:/);
  }
  expect(await readdir(cache)).toEqual([expect.stringMatching(/^kafka-4[.\d]+-[0-9a-f]{8}$/)]);

  const { path } = await kafkaCacheState();
  await truncate(
    join(
      path,
      (await readdir(path)).find((name) => name.startsWith('kafka_2.13'))!,
    ),
    1000,
  );
  expect((await kafkaCacheState()).present).toBe(false);
  expect((await findRuntime()).stderr).toContain('getting Apache Kafka');
  expect(await kafkaCacheState()).toMatchObject({ present: true, bytes: expect.any(Number) });
  expect((await findRuntime()).stderr).toBe('');
});

test.each(pinnedVersions)(
  'Kafka $version is installed alone, with the pinned checksums',
  async ({ version }) => {
    expect(JSON.parse((await findRuntime(version)).stdout)).toMatchObject({ kafkaVersion: version });
    const [folder, ...others] = await readdir(cache);
    expect(folder).toMatch(new RegExp(`^kafka-${version}-[0-9a-f]{8}$`));
    expect(others).toEqual([]);
  },
);

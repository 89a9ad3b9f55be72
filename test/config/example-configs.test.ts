/** The configs beside the example applications. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';

const root = join(import.meta.dirname, '../../examples');
const configs = readdirSync(root).filter((name) => existsSync(join(root, name, 'nodrop.config.yaml')));

test('each application has a config, as its README says', () => {
  const told = readdirSync(root).filter((name) =>
    readFileSync(join(root, name, 'README.md'), 'utf8').includes('nodrop.config.yaml'),
  );
  expect(configs).toEqual(told);
  expect(configs.length).toBeGreaterThan(5);
});

test.each(configs)('the config of %s can be read, and its README runs its pipelines', async (name) => {
  const { config } = await loadConfig(undefined, join(root, name));
  const readme = readFileSync(join(root, name, 'README.md'), 'utf8');
  for (const pipeline of Object.keys(config.pipelines)) expect(readme).toContain(`nodrop run ${pipeline}`);
});

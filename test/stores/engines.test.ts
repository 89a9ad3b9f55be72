import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { engineNames, type StoreEngine } from '../../src/stores/engine.ts';
import { engineOf, engines, openSnapshot, storeName, writerOf } from '../../src/stores/engines.ts';
import { sqliteEngine } from '../../src/stores/sqlite/engine.ts';
import { newDir } from '../fixtures/nodrop.ts';

const registry = join(import.meta.dirname, '../../src/stores/engines.ts');

test('each engine that events can name is registered exactly once', () => {
  expect(engines.map(({ name }) => name)).toEqual(engineNames);
});

test.each(['sqlite:a.db', 'sqlite:postgres://h/d', 'postgres://h/sqlite:', 'POSTGRESQL:///d'])(
  'the location %s belongs to exactly one engine',
  (location) => {
    expect(engines.filter((engine) => engine.owns(location))).toEqual([engineOf(location)]);
  },
);

test('an error for an unknown location does not repeat it, and evidence names such a store by its location', async () => {
  for (const open of [async () => engineOf('mysql://a:secret@h'), () => openSnapshot('mysql://a:secret@h')]) {
    const error = await open().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'usage',
      message: expect.stringContaining('sqlite:PATH or postgres'),
    });
    expect(String(error)).not.toContain('secret');
  }
  expect(storeName('relative', '/somewhere')).toBe('relative');
});

test('a read-only engine has no writer, and the error names the engines that have one', () => {
  const { writer, ...readOnly } = sqliteEngine;
  expect(writerOf(sqliteEngine)).toBe(writer);
  expect(() => writerOf({ ...readOnly, title: 'Parquet' } satisfies StoreEngine)).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: 'nodrop can read stores of Parquet, but not write to them.',
      hint: expect.stringContaining('sqlite:PATH or postgres://'),
    }),
  );
});

test('a database driver is loaded only when a store of its engine is opened', () => {
  const location = `sqlite:${join(newDir(), 'store.sqlite')}`;
  const script = `
    const { openStore } = await import(${JSON.stringify(pathToFileURL(registry).href)});
    const loaded = () => ({
      sqlite: process.moduleLoadList.includes('NativeModule sqlite'),
      pg: Object.keys((process.getBuiltinModule('module')._cache)).some((path) => path.includes('/node_modules/pg/')),
    });
    const before = loaded();
    await (await openStore(${JSON.stringify(location)}, { categories: ['failed'] })).close();
    const between = loaded();
    await openStore('postgres://127.0.0.1:1/none', { categories: ['failed'] }).catch(() => undefined);
    console.log(JSON.stringify([before, between, loaded()]));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(JSON.parse(said)).toEqual([
    { sqlite: false, pg: false },
    { sqlite: true, pg: false },
    { sqlite: true, pg: true },
  ]);
});

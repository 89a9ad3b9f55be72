/** Sinks by their location. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { openSink } from '../../src/sinks/open-sink.ts';

const locations = [
  'postgres://localhost/x',
  'postgresql://localhost/x',
  'mysql://localhost/x',
  'mariadb://localhost/x',
  'sqlite:x',
];

// Node itself finds fewer exports in a CommonJS module than the tests do.
test('each kind of database sink opens in Node itself', () => {
  const module = new URL('../../src/sinks/open-sink.ts', import.meta.url).href;
  const script = `const { openSink } = await import(${JSON.stringify(module)});
    const options = { table: 't', timeoutMs: 1000, signal: new AbortController().signal };
    for (const location of ${JSON.stringify(locations)}) console.log((await openSink({ ...options, location })).rows);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect([stdout, stderr.replaceAll(/^.*Warning.*$/gm, '').trim()]).toEqual([
    'rows\n'.repeat(locations.length),
    '',
  ]);
});

test('a location of no kind is wrong usage, and is not repeated', async () => {
  const options = {
    location: 'oracle://a:h4nter2@b',
    table: 't',
    timeoutMs: 1000,
    signal: new AbortController().signal,
  };
  const error = await openSink(options).catch((thrown: unknown) => thrown as Error);
  expect(error).toMatchObject({ code: 'usage' });
  expect(JSON.stringify(error)).not.toContain('h4nter2');
});

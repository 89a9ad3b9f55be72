/** The published package: packed, installed into an empty folder and used from there. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { olderNode } from '../fixtures/older-node.ts';
import { pinnedVersions } from '../../src/kafka/broker/versions.ts';
import { newDir } from '../fixtures/nodrop.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

test('the command line and startKafka work when the tarball is installed into an empty folder', async () => {
  const dir = newDir();
  // Like the script before `npm pack`, but without the page, which other tests read meanwhile.
  await run('npm', ['run', 'build'], { cwd: root });
  const pack = ['pack', '--json', '--ignore-scripts', `--pack-destination=${dir}`];
  const { stdout: packed } = await run('npm', pack, { cwd: root });
  const json = packed.slice(packed.indexOf('[\n'));
  const [{ filename, files }] = JSON.parse(json) as [{ filename: string; files: { path: string }[] }];
  const paths = files.map((file) => file.path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'bin/nodrop.js',
      'dist/index.js',
      'dist/index.d.ts',
      'kafka/log4j2.properties',
      ...pinnedVersions.flatMap(({ version }) => [`kafka/${version}/pom.xml`, `kafka/${version}/SHA256SUMS`]),
      'ui/dist/index.html',
    ]),
  );
  expect(paths.filter((path) => /^(src|test|bench|\.)/.test(path))).toEqual([]);

  writeFileSync(join(dir, 'package.json'), '{"name":"stranger","type":"module","private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', join(dir, filename)], {
    cwd: dir,
  });
  writeFileSync(
    join(dir, 'use.mjs'),
    `import { execFileSync } from 'node:child_process';
     import { startKafka } from 'nodrop';
     await using kafka = await startKafka();
     const args = ['run', '--json', '--messages=30', '--bootstrap-server', kafka.bootstrapServers];
     const result = JSON.parse(execFileSync('node_modules/.bin/nodrop', args, { encoding: 'utf8' }));
     console.log(result.verdict, result.store.rows);`,
  );
  const { stdout } = await run(process.execPath, ['use.mjs'], {
    cwd: dir,
    env: { ...process.env, PATH: `${join(process.execPath, '..')}:${process.env['PATH']}` },
  });
  expect(stdout.trim()).toBe('pass 30');
  const runs = join(dir, '.nodrop/runs');
  const report = readFileSync(join(runs, readdirSync(runs)[0]!, 'report.html'), 'utf8');
  expect(report).toContain('"verdict":"pass"');
  if (olderNode !== undefined) await refusesOlderNode(dir, olderNode);
});

async function refusesOlderNode(dir: string, node: string): Promise<void> {
  const sentence = /^nodrop needs Node 24\.6 or newer; this is v[\d.]+\./m;
  await expect(run(node, ['node_modules/nodrop/bin/nodrop.js', 'run'], { cwd: dir })).rejects.toMatchObject({
    code: 69,
    stderr: expect.stringMatching(sentence),
  });
  const call =
    "import('nodrop').then(({ startKafka }) => startKafka()).catch(({ message }) => console.log(message))";
  const { stdout } = await run(node, ['--input-type=module', '--eval', call], { cwd: dir, timeout: 20_000 });
  expect(stdout).toMatch(sentence);
}

/** Reports of real runs: on stdout, in files, and as annotations for GitHub. */
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, inject, test } from 'vitest';
import { resultSchema } from '../../src/result/result-schema.ts';
import type { Result } from '../../src/result/result.ts';
import { readJunit, type JunitCase } from '../report/ci/junit-document.ts';
import { copyOf, madeRun } from '../fixtures/made-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop, start, until, type Ended } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const newRun = (): string => `r${randomUUID().slice(0, 8)}`;
/** Not on GitHub, even if these tests themselves run there. */
const elsewhere = { GITHUB_ACTIONS: undefined };
const onGithub = { GITHUB_ACTIONS: 'true' };

const schemaFile = join(import.meta.dirname, '../../docs/result.schema.json');
const validate = new Ajv2020({ allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(schemaFile, 'utf8')) as object,
);

/** The parsed document; fails unless it fits the published schema and has no other fields. */
function documentOf(text: string): Result {
  const document: unknown = JSON.parse(text);
  expect([validate(document), validate.errors]).toEqual([true, null]);
  expect(resultSchema.parse(document)).toEqual(document);
  return document as Result;
}

const red = (cases: readonly JunitCase[]): string[] =>
  cases.filter(({ state }) => state === 'failure' || state === 'error').map(({ name }) => name);
const annotations = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('::'));

interface Place {
  dir: string;
  run: string;
  xml: string;
  json: string;
}

function newPlace(): Place {
  const dir = newDir();
  return { dir, run: newRun(), xml: join(dir, 'out.xml'), json: join(dir, 'out.json') };
}

const runIn = (
  { dir, run }: Place,
  args: string[],
  env: Record<string, string | undefined> = elsewhere,
): Promise<Ended> => nodrop(['run', `--dir=${dir}`, `--run=${run}`, '--messages=60', ...args, at], env);

test('run and verify write one report to stdout and others to files', async () => {
  const place = newPlace();
  const { dir, run, xml, json } = place;
  writeFileSync(xml, 'of an earlier run');
  const reports = ['--reporter', 'default', '--reporter', `junit=${xml}`, '--reporter', `json=${json}`];
  const ran = await runIn(place, reports);
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stdout).toContain('PASS');
  const result = documentOf(readFileSync(json, 'utf8'));
  expect(result).toMatchObject({ verdict: 'pass', run: { id: run } });
  expect(JSON.parse(readFileSync(join(dir, 'runs', run, 'result.json'), 'utf8'))).toEqual(result);
  const { suite, properties, cases } = readJunit(readFileSync(xml, 'utf8'));
  expect(suite).toMatchObject({ failures: '0', errors: '0', skipped: '0' });
  expect(properties).toMatchObject({ run, seed: String(result.run.seed), verdict: 'pass' });
  expect(cases.every(({ state }) => state === 'passed')).toBe(true);
  expect(ran.stderr).not.toContain('::');

  const summary = join(dir, 'summary.txt');
  const verified = await nodropInProcess(
    ['verify', run, `--dir=${dir}`, '--reporter', 'junit', '--reporter', `default=${summary}`],
    elsewhere,
  );
  expect(verified.code, verified.stderr).toBe(0);
  expect(red(readJunit(verified.stdout).cases)).toEqual([]);
  expect(readFileSync(summary, 'utf8')).toMatch(/PASS {2}60 of 60 [^\u001b]*\n$/);
  const asBefore = await nodropInProcess(['verify', run, `--dir=${dir}`, '--json'], elsewhere);
  expect(documentOf(asBefore.stdout)).toMatchObject({ verdict: 'pass' });
});

test('a wrong --reporter is refused before anything is started or overwritten', async () => {
  const { dir, run, xml, json } = newPlace();
  writeFileSync(json, 'kept');
  const broken = join(dir, 'broken.xml');
  symlinkSync(join(dir, 'none', 'out.xml'), broken);
  const wrong: [string[], string][] = [
    [['--reporter=default', '--reporter=json'], 'Only one reporter can go to stdout'],
    [['--reporter=junit', '--json'], 'Only one reporter can go to stdout'],
    [['--reporter=xml'], 'default, json, junit, github'],
    [['--reporter=junit='], 'Name a file'],
    [[`--reporter=junit=${xml}`, `--reporter=json=${xml}`], 'a file of its own'],
    [[`--reporter=junit=${join(dir, 'none', 'out.xml')}`], 'there is no folder'],
    [[`--reporter=junit=${dir}`], 'is a folder'],
    [[`--reporter=junit=${broken}`], 'cannot be written'],
  ];
  const commands = [
    ['run', `--run=${run}`, at],
    ['verify', '--history', json],
  ];
  for (const [index, [args, message]] of wrong.entries()) {
    // All cases with run, and two of them with verify.
    for (const command of commands.slice(0, index % 5 === 0 ? 2 : 1)) {
      const { code, stdout, stderr } = await nodropInProcess(
        [...command, `--dir=${dir}`, ...args],
        elsewhere,
      );
      expect([args, code, stdout]).toEqual([args, 64, '']);
      expect(stderr).toContain(message);
    }
  }
  const over = await nodropInProcess(['verify', '--history', json, '--reporter', `json=${json}`], elsewhere);
  expect([over.code, over.stderr]).toEqual([64, expect.stringContaining('to the evidence in')]);
  expect(readdirSync(dir)).toEqual(['broken.xml', 'out.json']);
  expect(readFileSync(json, 'utf8')).toBe('kept');
});

test('a loss is a failure in JUnit XML and an error annotation on GitHub, and stdout does not change', async () => {
  const place = newPlace();
  const { dir, run, xml } = place;
  const sabotage = { NODROP_SABOTAGE: 'drop-before-store:17' };
  const env = { ...onGithub, ...sabotage };
  const ran = await runIn(place, ['--json', '--batch-size=1', '--reporter', `junit=${xml}`], env);
  expect(ran.code, ran.stderr).toBe(1);
  expect(documentOf(ran.stdout)).toMatchObject({ verdict: 'fail', findings: [{ kind: 'lost' }] });
  const isTold = (lines: readonly string[]): void => {
    expect(lines).toEqual([
      expect.stringMatching(/^::error title=nodrop \S+%3A 1 lost \(consumer\)::1 lost .*%0A {2}p0-17 \(/),
      expect.stringMatching(/^::warning title=nodrop \S+%3A not checked::NODROP_SABOTAGE planted a defect/),
      expect.stringMatching(/^::notice title=nodrop \S+%3A FAIL::1 lost \(consumer\)\.$/),
    ]);
  };
  isTold(annotations(ran.stderr));
  const isRed = (text: string): void => {
    const { cases } = readJunit(text);
    expect(red(cases)).toEqual(['findings lost']);
    const lost = cases.find(({ name }) => name === 'findings lost');
    expect(lost).toMatchObject({ message: '1 lost (consumer)', text: expect.stringContaining('p0-17 (') });
  };
  isRed(readFileSync(xml, 'utf8'));

  const again = ['verify', run, `--dir=${dir}`];
  const verified = await nodropInProcess([...again, '--reporter', 'junit'], onGithub);
  expect(verified.code).toBe(1);
  isRed(verified.stdout);
  isTold(annotations(verified.stderr));
  const asked = await nodropInProcess([...again, '--reporter', 'github'], onGithub);
  isTold(asked.stdout.trim().split('\n'));
  expect(annotations(asked.stderr)).toEqual([]);
});

test('an inconclusive run is an error in JUnit XML and a warning on GitHub', async () => {
  const { dir, run, folder } = copyOf(await madeRun());
  const { xml, json } = newPlace();
  const ledger = readdirSync(folder).find((name) => name.startsWith('ledger') && name.endsWith('.bin'));
  rmSync(join(folder, ledger!));
  const reports = ['--reporter', `junit=${xml}`, '--reporter', `json=${json}`];
  const { code, stdout, stderr } = await nodropInProcess(
    ['verify', run, `--dir=${dir}`, ...reports],
    onGithub,
  );
  expect(code, stderr).toBe(2);
  expect(stdout).toContain('INCONCLUSIVE');
  // GitHub obeys no command in a message.
  expect(stdout).toMatch(/^::stop-commands::(\w{32})\n[^]*\n::\1::\n$/);
  const { notChecked } = documentOf(readFileSync(json, 'utf8'));
  expect(notChecked.length).toBeGreaterThan(0);
  const { suite, cases } = readJunit(readFileSync(xml, 'utf8'));
  expect(suite).toMatchObject({ errors: '1', failures: '0' });
  expect(red(cases)).toEqual(['evidence everything could be judged']);
  expect(cases.filter(({ state }) => state === 'passed')).toEqual([]);
  const warnings = annotations(stderr).filter((line) => line.startsWith('::warning'));
  expect(warnings).toHaveLength(notChecked.length);
  expect(annotations(stderr).at(-1)).toMatch(/^::notice title=nodrop \S+%3A INCONCLUSIVE::/);
});

test('a missed threshold is a failure in JUnit XML and an error on GitHub', async () => {
  const place = newPlace();
  const { xml } = place;
  const demands = ['--threshold', 'stored.max<1us', '--threshold', 'stored.max<50m'];
  const { code, stderr } = await runIn(place, [...demands, '--reporter', `junit=${xml}`], onGithub);
  expect(code, stderr).toBe(3);
  expect(red(readJunit(readFileSync(xml, 'utf8')).cases)).toEqual(['thresholds stored.max<1us']);
  expect(annotations(stderr)[0]).toMatch(/^::error title=nodrop \S+%3A threshold missed::stored\.max<1us: /);
});

test('the reporters work for a history as they do for a run', async () => {
  const { dir, xml, json } = newPlace();
  const history = join(dir, 'history.jsonl');
  const id = ']]>\u0000\ud800<&\n::error::x';
  const lines = [
    { type: 'run', run: 'mine', hops: ['ledger', 'store'] },
    { type: 'send', id, state: 'failed', outcome: 'acked', partition: 0, offset: 0 },
    { type: 'complete', of: 'ledger' },
    { type: 'complete', of: 'store' },
  ];
  writeFileSync(history, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const reports = ['--reporter', `junit=${xml}`, '--reporter', `json=${json}`, '--reporter', 'github'];
  const { code, stdout, stderr } = await nodropInProcess(
    ['verify', '--history', history, ...reports],
    elsewhere,
  );
  expect(code, stderr).toBe(1);
  expect(documentOf(readFileSync(json, 'utf8'))).toMatchObject({ findings: [{ kind: 'lost' }] });
  expect(red(readJunit(readFileSync(xml, 'utf8')).cases)).toContain('findings lost');
  expect(
    stdout
      .trim()
      .split('\n')
      .every((line) => /^::(error|warning|notice) title=nodrop mine%3A/.test(line)),
  ).toBe(true);
});

test('a report that cannot be written at the end is noted on stderr, and the verdict stays', async () => {
  const { dir, run } = newPlace();
  const folder = join(dir, 'reports');
  mkdirSync(folder);
  const args = ['--messages=60', '--reporter', `junit=${join(folder, 'out.xml')}`, at];
  const { ended } = start(['run', `--dir=${dir}`, `--run=${run}`, ...args], elsewhere);
  await until('it is under way', () => existsSync(join(dir, 'runs', run)));
  rmSync(folder, { recursive: true });
  const { code, stdout, stderr } = await ended;
  expect([code, stdout]).toEqual([0, expect.stringContaining('PASS')]);
  expect(stderr).toContain(`the report ${join(folder, 'out.xml')} was not written`);
});

test('a run that cannot start leaves no report of an earlier run', async () => {
  const place = newPlace();
  writeFileSync(place.xml, '<testsuites/>');
  const nowhere = ['--bootstrap-server=127.0.0.1:1', '--timeout=1s', '--reporter', `junit=${place.xml}`];
  const { code, stderr } = await nodrop(['run', `--dir=${place.dir}`, ...nowhere], elsewhere);
  expect(code, stderr).toBe(69);
  expect(readFileSync(place.xml, 'utf8')).toBe('');
});

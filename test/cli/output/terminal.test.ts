/** Control characters from a history, a run's folder or an argument do not reach the terminal. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XmlDocument } from 'libxml2-wasm';
import { afterEach, expect, test, vi } from 'vitest';
import { Terminal } from '../../../src/cli/output/terminal.ts';
import { runOnDisk } from '../../audit/history/run-on-disk.ts';
import { nodrop } from '../../fixtures/nodrop.ts';

/** Some terminal obeys each of these: controls, C1 controls, line separators and direction marks. */
const controls = '\u0000\u0007\b\t\r\n\u001b[31m\u001b]0;owned\u0007\u007f\u009b2J\u2028\u2029\u202e\u2066';
const hostile = (name: string): string => `${name}${controls}\ud800PASS`;
const obeyed = /[^\P{Cc}\n]|[\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

const folder = mkdtempSync(join(tmpdir(), 'nodrop-hostile-'));

afterEach(() => vi.restoreAllMocks());

/** A history in which every text is hostile. */
function hostileHistory(): string {
  const states = [hostile('open'), 'completed'];
  const sent = { outcome: 'acked', partition: 0, key: hostile('key') };
  const lines = [
    { type: 'run', run: hostile('run'), states, hops: ['ledger', 'log', 'store', 'deliveries'] },
    { type: 'send', id: hostile('a0'), producer: hostile('p'), state: states[0], offset: 0, ...sent },
    { type: 'send', id: hostile('a1'), state: 'completed', offset: 1, ...sent },
    { type: 'log', id: hostile('a0'), partition: 0, offset: 0, key: hostile('key') },
    { type: 'log', id: hostile('nobody'), partition: 0, offset: 1 },
    { type: 'store', id: hostile('a0'), category: 'completed', partition: 0, offset: 0 },
    { type: 'store', id: hostile('x'), category: hostile('other'), partition: 0, offset: 9 },
    { type: 'deadLetter', partition: 0, offset: 1, reason: hostile('reason') },
    { type: 'position', partition: 0, offset: 2 },
    ...['ledger', 'log', 'store'].map((of) => ({ type: 'complete', of })),
  ];
  const path = join(folder, 'history.jsonl');
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

const history = hostileHistory();

test.each(['default', 'json', 'junit', 'github'])(
  'the %s report of a hostile history has no control characters',
  async (reporter) => {
    const file = join(folder, `report.${reporter}`);
    const reporters = [`--reporter=${reporter}`, `--reporter=${reporter}=${file}`];
    const { code, stdout, stderr } = await nodrop(['verify', '--history', history, ...reporters], {
      GITHUB_ACTIONS: undefined,
    });
    expect(code).toBe(1);
    expect(stderr).toBe('');
    for (const text of [stdout, readFileSync(file, 'utf8')]) {
      expect(text).toContain('[31m');
      expect(text).not.toMatch(obeyed);
      // A line end in a hostile text begins no new line.
      expect(text).not.toMatch(/^(\[31m|.?PASS)/m);
    }
  },
);

test('the JSON report keeps hostile texts as they are, and the JUnit report is valid XML', async () => {
  const ended = await nodrop([
    'verify',
    '--history',
    history,
    '--json',
    `--reporter=junit=${folder}/all.xml`,
  ]);
  const { run, findings } = JSON.parse(ended.stdout) as {
    run: { id: string };
    findings: { examples: { id?: string }[] }[];
  };
  expect(run.id).toBe(hostile('run'));
  const ids = findings.flatMap(({ examples }) => examples.map(({ id }) => id));
  expect(ids).toContain(hostile('a1'));
  using document = XmlDocument.fromString(readFileSync(join(folder, 'all.xml'), 'utf8'));
  expect(document.root.name).toBe('testsuites');
});

test('annotations for GitHub, and the lines between them, have no control characters', async () => {
  const { stdout, stderr } = await nodrop(['verify', '--history', history], { GITHUB_ACTIONS: 'true' });
  expect(stderr).toMatch(/^::error/m);
  for (const text of [stdout, stderr]) expect(text).not.toMatch(obeyed);
});

test.each([
  ['{"type":"run","run":"a","%":1,"hops":["%"]}', 64],
  ['%', 64],
])('the error about a hostile history line %s has no control characters', async (line, expected) => {
  const path = join(folder, hostile('refused').replaceAll(/[\0\ud800]/g, ''));
  writeFileSync(path, line.replaceAll('%', line === '%' ? controls : JSON.stringify(controls).slice(1, -1)));
  const { code, stdout, stderr } = await nodrop(['verify', '--history', path]);
  expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
  expect(stderr).not.toMatch(obeyed);
});

test.each<[command: string, args: string[]]>([
  ['verify', []],
  ['explain', ['p0-3']],
  ['explain', ['p0-3', '--json']],
  ['explain', ['0:4']],
  ['messages', []],
  ['messages', ['--json']],
  ['messages', ['--dead-letters']],
  ['messages', ['--dead-letters', '--json']],
  ['export', []],
])('%s %j of a run with a hostile store prints no control characters', async (command, args) => {
  const { folder: run } = await runOnDisk({
    store: (rows, deadLetters) => {
      Object.assign(rows[3]!, { id: hostile('id'), key: Buffer.from(controls), producer: hostile('p') });
      rows[4] = { ...rows[4]!, payload: Buffer.from(hostile('payload')), run: hostile('run') };
      const letter = { partition: 0, offset: 15, key: Buffer.from(controls), payload: Buffer.from(controls) };
      deadLetters.push({ ...letter, headers: Buffer.from(controls), reason: hostile('reason') });
    },
  });
  const { stdout, stderr } = await nodrop([command, 'r', ...args, '--dir', join(run.path, '../..')]);
  expect(stdout.length).toBeGreaterThan(100);
  for (const text of [stdout, stderr]) expect(text).not.toMatch(obeyed);
});

const argument = controls.replaceAll('\0', '');

test.each([
  ['the name of a run', ['verify', argument]],
  ['an option', ['run', `--${argument}`]],
  ['a setting', ['run', '-X', `${argument}=1`]],
])('the error about %s with control characters contains none of them', async (_, args) => {
  const { code, stderr } = await nodrop(args);
  expect(code).toBe(64);
  expect(stderr).not.toMatch(obeyed);
});

test('the terminal prints the colours of its palette, and no other control sequence', () => {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  vi.stubEnv('FORCE_COLOR', '1');
  const terminal = new Terminal({ color: true, quiet: true });
  const { bad, strong } = terminal.palette;
  terminal.print(`${bad(`a\u001b[2J${strong('b')}`)}\u001b[31m\nPASS`);
  vi.unstubAllEnvs();
  expect(written).toEqual([`\u001b[31ma\ufffd[2J\u001b[1mb\u001b[22m\u001b[39m\ufffd[31m\ufffdPASS\n`]);
});

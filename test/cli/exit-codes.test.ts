/** Each command in each trouble: which exit code it ends with, and that it tells of the trouble and of no bug. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, test } from 'vitest';
import { shellWord } from '../../src/system/shell-word.ts';
import { runOnDisk } from '../audit/history/run-on-disk.ts';

const program = join(import.meta.dirname, '../../bin/nodrop.js');
const deadlineMs = 20_000;

interface Command {
  /** `DIR` stands for the folder of the cell. */
  line: string;
  code: number;
  /** What it prints is all that it is for. */
  isForReader?: true;
  /** It prints nothing on stdout. */
  isSilent?: true;
  /** It takes a second or more: it is not tried in troubles that are much like others. */
  isSlow?: true;
  /** Where the folder is not there; where it is a file; where it may not be written. */
  folder?: { missing?: number; file?: number; readOnly?: number };
}

const nobody = '--bootstrap-server 127.0.0.1:1 --timeout 500ms --dir DIR';
const noRun = { missing: 64, file: 69 };
/** SQLite opens no store in a folder where it may write nothing. */
const noAudit = { ...noRun, readOnly: 2 };
const noStore = { ...noRun, readOnly: 69 };
const commands: Command[] = [
  { line: `run ${nobody}`, code: 69, isSilent: true, isSlow: true, folder: { file: 69, readOnly: 69 } },
  { line: `produce ${nobody}`, code: 69, isSilent: true, isSlow: true, folder: { file: 69, readOnly: 69 } },
  {
    line: `consume --run new ${nobody}`,
    code: 69,
    isSilent: true,
    isSlow: true,
    folder: { file: 69, readOnly: 69 },
  },
  { line: 'verify good --dir DIR', code: 0, folder: noAudit },
  { line: 'verify bad --json --dir DIR', code: 1, folder: noAudit },
  { line: 'verify lacking --reporter junit --dir DIR', code: 2, folder: noAudit },
  { line: 'export good --dir DIR', code: 0, isForReader: true, folder: noRun },
  { line: 'messages good --dir DIR', code: 0, isForReader: true, folder: noStore },
  { line: 'explain good p0-1 --dir DIR', code: 0, isForReader: true, folder: noRun },
  { line: 'ui none --dir DIR', code: 64, isSilent: true, folder: noRun },
  { line: 'self-test --quick', code: 0, isSlow: true },
  { line: 'chaos --replay DIR/none', code: 64, isSilent: true },
  { line: 'faults', code: 0, isForReader: true },
  { line: 'kafka --list', code: 0, isForReader: true },
  { line: 'doctor --dir DIR', code: 0, isSlow: true, folder: { file: 69, readOnly: 69 } },
  { line: 'clean --all --yes --dir DIR', code: 0, folder: { file: 69 } },
  { line: '--help', code: 0, isForReader: true },
];

interface Trouble {
  name: string;
  /** `COMMAND` is run by a shell. */
  shell?: string;
  env?: Record<string, string | undefined>;
  folder?: 'missing' | 'file' | 'readOnly';
  more?: string;
  code?: (command: Command) => number;
  /** What has to stand on stderr. */
  says?: (command: Command) => RegExp | undefined;
  isAsOther?: true;
  isLikeOthers?: true;
}

const lostCode = ({ code, isForReader }: Command): number => (isForReader === true ? 69 : code);
const lost =
  (error: string) =>
  ({ isSilent }: Command): RegExp | undefined =>
    isSilent ? undefined : new RegExp(`^nodrop: the output could not be written: ${error}`, 'm');
const poor = { HOME: undefined, XDG_CACHE_HOME: undefined, LC_ALL: 'xx_YY', TERM: 'dumb', NO_COLOR: '' };

const troubles: Trouble[] = [
  { name: 'no trouble' },
  { name: 'stdout full', shell: 'COMMAND >/dev/full', code: lostCode, says: lost('ENOSPC') },
  {
    name: 'stdout not to be written',
    isLikeOthers: true,
    shell: 'COMMAND 1</dev/null',
    code: lostCode,
    says: lost('EBADF'),
  },
  { name: 'stdout closed', isLikeOthers: true, shell: 'COMMAND >&-' },
  { name: 'stdout without a reader', shell: '{ COMMAND; echo $? >DIR.code; } | true' },
  { name: 'stderr full', isLikeOthers: true, shell: 'COMMAND 2>/dev/full' },
  { name: 'stderr closed', isLikeOthers: true, shell: 'COMMAND 2>&-' },
  { name: 'both full', shell: 'COMMAND >/dev/full 2>/dev/full', code: lostCode },
  { name: 'both closed', isLikeOthers: true, shell: 'COMMAND >&- 2>&-' },
  { name: 'no home, no locale, no terminal to speak of', env: poor },
  {
    name: 'a terminal of one column',
    isLikeOthers: true,
    shell: 'script -qec "stty cols 1; COMMAND" /dev/null',
  },
  { name: 'no such folder', folder: 'missing' },
  { name: 'a file for a folder', folder: 'file' },
  { name: 'a folder that may not be written', folder: 'readOnly', isAsOther: true },
  { name: 'an unknown option', more: '--no-such-option', code: () => 64 },
];

/** Root may write everywhere. */
const other = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const has = (command: string): boolean => existsSync(join('/usr/bin', command));
const isTried = ({ shell = '', folder, isLikeOthers, more }: Trouble, { line, isSlow }: Command): boolean =>
  !(isSlow && isLikeOthers) &&
  (more === undefined || line !== '--help') &&
  (folder === undefined || line.includes('--dir DIR')) &&
  (!shell.startsWith('script') || has('script'));

let made: string;

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'nodrop-exits-'));
  const runs = {
    good: await runOnDisk({}),
    bad: await runOnDisk({ store: (rows) => void rows.pop() }),
    lacking: await runOnDisk({}),
  };
  for (const [name, { folder }] of Object.entries(runs)) {
    cpSync(folder.path, join(made, 'runs', name), { recursive: true });
  }
  rmSync(join(made, 'runs/lacking/log.scan'));
});

/** A copy of the runs: commands that are tried at once are not to see each other's. */
function folderFor({ folder }: Trouble): string {
  const dir = join(mkdtempSync(join(tmpdir(), 'nodrop-exit-')), 'dir');
  if (folder === 'missing') return dir;
  if (folder === 'file') {
    writeFileSync(dir, '');
    return dir;
  }
  cpSync(made, dir, { recursive: true });
  if (folder === 'readOnly') {
    for (const path of [
      dirname(dir),
      dir,
      ...readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => join(dir, name)),
    ]) {
      chmodSync(path, 0o555);
    }
  }
  return dir;
}

async function run(
  { line }: Command,
  trouble: Trouble,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { shell = 'COMMAND', env = {}, more = '', isAsOther } = trouble;
  const dir = folderFor(trouble);
  const nodrop = `${shellWord(process.execPath)} ${shellWord(program)} ${line} ${more}`;
  const script = shell.replace('COMMAND', nodrop).replaceAll('DIR', dir);
  const child = spawn('sh', ['-c', script], {
    env: { ...process.env, NODROP_BOOTSTRAP_SERVER: undefined, NODROP_DIR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadlineMs,
    ...(isAsOther && other),
  });
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]);
  const codeFile = `${dir}.code`;
  const code = existsSync(codeFile) ? Number(readFileSync(codeFile, 'utf8')) : (status as number);
  return { code, stdout, stderr };
}

describe.for(troubles)('$name', (trouble) => {
  const tried = commands.filter((command) => isTried(trouble, command));
  test.concurrent.for(tried)('$line', async (command, { expect }) => {
    const { code, stdout, stderr } = await run(command, trouble);
    const { folder } = trouble;
    const codeInFolder = folder === undefined ? undefined : command.folder?.[folder];
    expect({ code, stderr }).toEqual({
      code: trouble.code?.(command) ?? codeInFolder ?? command.code,
      stderr: trouble.says?.(command) === undefined ? stderr : expect.stringMatching(trouble.says(command)!),
    });
    expect(stdout + stderr).not.toMatch(/^\s+at |a bug in nodrop|\(node:\d+\)/m);
  });
});

// The system writes what still fits, and Node takes that for all.
test.concurrent.for(['faults', '--help'])(
  'a file cut short by a full disk is told: %s',
  async (line, { expect }) => {
    const shell = 'ulimit -f 1; COMMAND >DIR.out';
    const { code, stderr } = await run({ line, code: 0 }, { name: 'cut short', shell });
    expect({ code, stderr }).toEqual({
      code: 69,
      stderr: expect.stringMatching(/^nodrop: the output could not be written: EFBIG/),
    });
  },
);

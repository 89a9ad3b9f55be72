/** Signals in each phase of a run, once and twice: nodrop ends with the documented exit code, and nothing is left. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openStore } from '../../src/stores/engines.ts';
import { copyOf, madeRun } from '../fixtures/made-run.ts';
import { newDir, start, until } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;

/** A server that accepts connections and never answers. */
let silent: Server;
beforeAll(async () => {
  silent = createServer().listen(0, '127.0.0.1');
  await until('the silent server listens', () => silent.listening);
});
afterAll(() => void silent.close());
const atSilent = (): string => `--bootstrap-server=127.0.0.1:${(silent.address() as AddressInfo).port}`;

interface Place {
  dir: string;
  run: string;
  store: string;
}

interface Case {
  phase: string;
  signal: keyof typeof codes;
  /** A second signal follows when nodrop has said that it is stopping. */
  twice?: true;
  args: (place: Place) => string[];
  isThere: (place: Place) => boolean;
  /** The store is locked, and stays so unless the run may end in order after a single signal. */
  isLocked?: true;
}

/** Whether the run has reached a phase. */
const isIn =
  (phase: string) =>
  ({ dir, run }: Place): boolean => {
    const course = join(dir, 'runs', run, 'course.jsonl');
    return existsSync(course) && readFileSync(course, 'utf8').includes(`"phase":"${phase}"`);
  };

const long = ['--messages=2000000', '--batch-size=10'];
const withBroker = (): string[] => ['run'];
const sending = (): string[] => ['run', at, ...long];
const few = ({ store }: Place): string[] => ['run', at, '--messages=50', `--store=sqlite:${store}`];
const waiting = (): string[] => ['consume', atSilent()];
const isListening = ({ dir, run }: Place): boolean => existsSync(join(dir, 'runs', run, 'consumer.json'));

const cases: Case[] = [
  { phase: 'starting', signal: 'SIGTERM', args: withBroker, isThere: isIn('starting') },
  { phase: 'starting', signal: 'SIGHUP', twice: true, args: withBroker, isThere: isIn('starting') },
  { phase: 'publishing', signal: 'SIGINT', twice: true, args: sending, isThere: hasManifest },
  { phase: 'draining', signal: 'SIGHUP', args: few, isThere: isIn('draining'), isLocked: true },
  { phase: 'draining', signal: 'SIGTERM', twice: true, args: few, isThere: isIn('draining'), isLocked: true },
  { phase: 'waiting for Kafka', signal: 'SIGHUP', args: waiting, isThere: isListening },
];

test.concurrent.for(cases)(
  '$signal while $phase ends nodrop and leaves nothing (twice: $twice)',
  async (each, { expect }) => {
    const dir = newDir();
    const place = { dir, run: `r${randomUUID().slice(0, 8)}`, store: join(dir, 'store.sqlite') };
    const unlock = each.isLocked ? await lock(place) : undefined;
    const temporary = newDir();
    const args = [...each.args(place), `--run=${place.run}`, `--dir=${dir}`];
    const { child, ended } = start(args, { TMPDIR: temporary });
    let said = '';
    child.stderr!.on('data', (text) => (said += String(text)));
    await until(`it is ${each.phase}`, () => each.isThere(place));
    child.kill(each.signal);
    await until('it says so', () => said.includes('stopping'));
    if (each.twice) child.kill(each.signal);
    else unlock?.();
    const { code, stderr } = await ended;
    unlock?.();
    expect([code, stderr]).toEqual([
      codes[each.signal],
      expect.not.stringMatching(/^\s+at |a bug in nodrop/m),
    ]);
    await until('all of its processes are gone', () => !processes().includes(dir));
    expect(readdirSync(temporary).filter((name) => name !== 'node-compile-cache')).toEqual([]);
  },
);

test.for(['SIGINT', 'SIGTERM'] as const)(
  '%s during the scan of an audit ends it, and the old result stays',
  async (signal) => {
    const { dir, run, folder } = copyOf(await madeRun());
    const result = readFileSync(join(folder, 'result.json'), 'utf8');
    const connected = new Promise((resolve) => void silent.once('connection', resolve));
    const { child, ended } = start(['verify', run, '--rescan', `--dir=${dir}`, atSilent()]);
    await connected;
    child.kill(signal);
    expect(await ended).toMatchObject({ code: codes[signal], stdout: '' });
    expect(readFileSync(join(folder, 'result.json'), 'utf8')).toBe(result);
  },
);

function hasManifest({ dir, run }: Place): boolean {
  return existsSync(join(dir, 'runs', run, 'run.json'));
}

/** Creates a store and locks it against writers; returns a function that releases the lock. */
async function lock({ store }: Place): Promise<() => void> {
  const categories = ['failed', 'completed', 'in-progress'];
  await (await openStore(`sqlite:${store}`, { categories })).close();
  const locker = new DatabaseSync(store);
  locker.exec('BEGIN IMMEDIATE');
  return () => {
    if (locker.isOpen) locker.close();
  };
}

const processes = (): string => execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' });

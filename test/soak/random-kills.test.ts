/** Runs that are ended at random moments during faults: no process and no file is left. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';

const runs = Number(process.env['NODROP_SOAK_RUNS'] ?? 50);
const seed = Number(process.env['NODROP_SOAK_SEED'] ?? Date.now() % 1_000_000);
const lastsMsMax = 20_000;

/** A sequence of numbers from 0 to 1 that depends only on the seed. */
function* numbersFrom(start: number): Generator<number, never> {
  for (let state = start >>> 0; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

const faults = [
  'kill-broker@1s+2s',
  'pause-leader@2s+6s',
  'kill-producer@1s+4s',
  'kill-consumer:before-store-commit@2s+3s',
  'pause-consumer@1s+9s',
  'cut:producer@3s+6s',
  'rebalance-storm@2s+9s',
  'lock-store@2s+5s',
  'fill-disk@3s+5s',
];
const signals = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const;

const processesOf = (dir: string): string[] =>
  execFileSync('ps', ['-ww', '-eo', 'pid=,command='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(dir));

test(
  `${runs} runs that are ended at random, from seed ${seed}, leave no process, and clean removes their files`,
  { timeout: runs * 90_000 },
  async () => {
    const numbers = numbersFrom(seed);
    const next = (): number => numbers.next().value;
    const pick = <T>(among: readonly T[]): T => among[Math.floor(next() * among.length)]!;
    for (let run = 0; run < runs; run++) {
      const dir = newDir();
      const chosen = [pick(faults), pick(faults)];
      const [brokers, signal, lastsMs] = [pick([1, 1, 3]), pick(signals), next() * lastsMsMax];
      const { child, ended } = start([
        'run',
        '--quiet',
        '--rate=200',
        '--duration=15s',
        `--brokers=${brokers}`,
        `--dir=${dir}`,
        ...chosen.map((fault) => `--fault=${fault}`),
      ]);
      await Promise.race([sleep(lastsMs), ended]);
      child.kill(signal);
      const what = `run ${run}, ${signal} after ${Math.round(lastsMs)} ms, ${brokers} brokers, ${chosen.join(' ')}`;
      await ended;
      // Child processes notice that their parent is gone, and end.
      await until(`nothing is left of ${what}`, () => processesOf(dir).length === 0);
      // A process that has ended looks alive until its new parent has reaped it.
      await until(`the folder of ${what} is cleaned`, async () => {
        const cleaned = await nodrop(['clean', '--all', '--yes', `--dir=${dir}`]);
        expect(cleaned.code, `${what}: ${cleaned.stderr}`).toBe(0);
        return readdirSync(dir).every((name) => readdirSync(join(dir, name)).length === 0);
      });
    }
  },
);

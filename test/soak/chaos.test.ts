/**
 * Bad days by chance, on one broker and on three, with both stores: not one false alarm. Who wants more days says
 * `NODROP_SOAK_CHAOS=100`; each ground gets so many, and with 70 there is no empty cell.
 */
import { expect, inject, test } from 'vitest';
import type { CoverageTable } from '../../src/chaos/coverage.ts';
import { newDir, start } from '../integration/nodrop.ts';

const runs = Number(process.env['NODROP_SOAK_CHAOS'] ?? 20);
const seed = Number(process.env['NODROP_SOAK_SEED'] ?? Date.now() % 1_000_000);
const dayMsMax = 180_000;
/** Each fault in each phase has had its turn by then. */
const runsToCoverAll = 70;

interface Document {
  runs: { run: string; verdict: string; plan: { faults: string[] }; evidence: string | null }[];
  coverage: CoverageTable;
}

const { location, password } = inject('postgres');
const grounds = [1, 3].flatMap((brokers) => [
  { brokers, store: 'sqlite', args: [] },
  { brokers, store: 'postgres', args: [`--store=${location}`] },
]);

test.each(grounds)(
  `${runs} days by chance from seed ${seed}: brokers $brokers, store $store`,
  { timeout: runs * dayMsMax },
  async ({ brokers, store, args }) => {
    const { child, ended } = start(
      [
        'chaos',
        '--json',
        `--runs=${runs}`,
        `--seed=${seed}`,
        `--brokers=${brokers}`,
        `--dir=${newDir()}`,
        ...args,
      ],
      { PGPASSWORD: password },
    );
    child.stderr!.pipe(process.stderr, { end: false });
    const { stdout } = await ended;
    const document = JSON.parse(stdout) as Document;
    process.stderr.write(`${JSON.stringify({ brokers, store, seed, coverage: document.coverage })}\n`);
    const others = document.runs.filter(({ verdict }) => verdict !== 'pass');
    expect(others).toEqual([]);
    expect(document.runs).toHaveLength(runs);
    const empty = Object.entries(document.coverage).flatMap(([name, row]) =>
      Object.entries(row).flatMap(([phase, count]) => (count === 0 ? [`${name}, ${phase}`] : [])),
    );
    expect(runs < runsToCoverAll ? [] : empty).toEqual([]);
  },
);

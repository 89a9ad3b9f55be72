/**
 * Random chaos runs, on one broker and on three, with both stores, on secured clusters, and with transactions: not one
 * false alarm. `NODROP_SOAK_CHAOS=100` sets the number of runs for each of these setups. With 37 runs, each fault has
 * acted in each phase in at least one of the first four setups; with 70 runs, in each of the four.
 */
import { expect, inject, test } from 'vitest';
import type { CoverageTable } from '../../src/chaos/coverage.ts';
import { securityKinds } from '../../src/kafka/broker/security-kind.ts';
import { newDir, start } from '../fixtures/nodrop.ts';

const runs = Number(process.env['NODROP_SOAK_CHAOS'] ?? 20);
const seed = Number(process.env['NODROP_SOAK_SEED'] ?? Date.now() % 1_000_000);
const dayMsMax = 180_000;
const runsToCoverAll = 37;
const runsToCoverEach = 70;

interface Document {
  runs: { run: string; verdict: string; plan: { faults: string[] }; evidence: string | null }[];
  coverage: CoverageTable;
}

const { location, password } = inject('postgres');
const covered: CoverageTable[] = [];
const grounds = [1, 3].flatMap((brokers) => [
  { brokers, store: 'sqlite', args: [] },
  { brokers, store: 'postgres', args: [`--store=${location}`] },
]);

async function chaos(args: readonly string[]): Promise<Document> {
  const { child, ended } = start(
    ['chaos', '--json', `--runs=${runs}`, `--seed=${seed}`, `--dir=${newDir()}`, ...args],
    { PGPASSWORD: password },
  );
  child.stderr!.pipe(process.stderr, { end: false });
  return JSON.parse((await ended).stdout) as Document;
}

const allPassed = Array.from({ length: runs }, () => expect.objectContaining({ verdict: 'pass' }) as object);

test.each(grounds)(
  `${runs} chaos runs from seed ${seed} pass: brokers $brokers, store $store`,
  { timeout: runs * dayMsMax },
  async ({ brokers, store, args }) => {
    const document = await chaos([`--brokers=${brokers}`, ...args]);
    covered.push(document.coverage);
    process.stderr.write(`${JSON.stringify({ brokers, store, seed, coverage: document.coverage })}\n`);
    expect(document.runs).toEqual(allPassed);
    expect(runs < runsToCoverEach ? [] : emptyIn([document.coverage])).toEqual([]);
  },
);

test.each([...securityKinds.map((kind) => `--brokers=3 --security=${kind}`), '--transactional'])(
  `${runs} chaos runs from seed ${seed} pass: %s`,
  { timeout: runs * dayMsMax },
  async (options) => expect((await chaos(options.split(' '))).runs).toEqual(allPassed),
);

test.runIf(runs >= runsToCoverAll)(
  'each fault has acted in each phase in which it can, in at least one setup',
  () => {
    expect(covered).toHaveLength(grounds.length);
    expect(emptyIn(covered)).toEqual([]);
  },
);

/** The pairs of fault and phase in which the fault can act, and did not act in any of these tables. */
function emptyIn(tables: readonly CoverageTable[]): string[] {
  const inSoMany = new Map<string, number>();
  for (const [name, row] of tables.flatMap((table) => Object.entries(table)))
    for (const [phase, count] of Object.entries(row)) {
      const cell = `${name}, ${phase}`;
      if (count !== null) inSoMany.set(cell, (inSoMany.get(cell) ?? 0) + count);
    }
  return [...inSoMany].flatMap(([cell, count]) => (count === 0 ? [cell] : []));
}

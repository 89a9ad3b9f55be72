/** The histories of `test/fixtures/histories/`, their clean twins, and those once misjudged, with the expected results. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { historyFromLines } from '../../src/audit/history/read-history.ts';
import type { Finding } from '../../src/result/verdict.ts';
import { misjudged } from '../audit/history/misjudged.ts';
import type { JudgedHistory, Outcome } from './judged-history.ts';

interface Expected extends Pick<Outcome, 'verdict'> {
  findings?: (Pick<Finding, 'kind' | 'blame' | 'count' | 'cause'> & { ids: string[] })[];
  counts?: Partial<Outcome['counts']>;
}

const folder = join(import.meta.dirname, '..', 'fixtures', 'histories');
const ending = '.expected.json';

export function readFixtureHistories(): JudgedHistory[] {
  return [...historiesOnDisk(), ...historiesInLines()];
}

function historiesInLines(): JudgedHistory[] {
  return Object.entries(misjudged).map(([name, [verdict, findings, lines]]) => {
    const evidence = historyFromLines(
      lines.map((line) => JSON.stringify(line)),
      name,
    );
    return {
      evidence: () => evidence,
      agrees: (outcome) =>
        outcome.verdict === verdict &&
        isDeepStrictEqual(
          outcome.findings.map(({ kind, blame }) => `${kind} ${blame}`),
          findings,
        ),
    };
  });
}

function historiesOnDisk(): JudgedHistory[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.flatMap((file) => {
    const name = file.slice(0, -ending.length);
    const { clean, ...expected } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Expected & {
      clean: Expected;
    };
    return [judged(name, expected), judged(`${name}.clean`, clean)];
  });
}

function judged(name: string, { verdict, findings = [], counts = {} }: Expected): JudgedHistory {
  const lines = readFileSync(join(folder, `${name}.jsonl`), 'utf8').split('\n');
  const evidence = historyFromLines(lines, name);
  return {
    evidence: () => evidence,
    agrees: (outcome) =>
      outcome.verdict === verdict &&
      isDeepStrictEqual(
        outcome.findings.map(({ kind, blame, count, examples }) => ({
          kind,
          blame,
          count,
          ids: examples.flatMap(({ id }) => id ?? []),
        })),
        findings.map(({ kind, blame, count, ids }) => ({ kind, blame, count, ids })),
      ) &&
      findings.every(({ cause }, index) => cause === undefined || outcome.findings[index]!.cause === cause) &&
      isDeepStrictEqual({ ...outcome.counts, ...counts }, outcome.counts) &&
      isDeepStrictEqual(outcome.partitions.toSorted(byName), outcome.partitions),
  };
}

type Partition = Outcome['partitions'][number];

const byName = (a: Partition, b: Partition): number =>
  (a.topic ?? '').localeCompare(b.topic ?? '', 'en') || a.partition - b.partition;

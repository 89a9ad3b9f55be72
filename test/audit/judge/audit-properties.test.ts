import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LogRange } from '../../../src/audit/evidence.ts';
import { rules } from '../../../src/audit/rules.ts';
import type { Audit, Example } from '../../../src/result/verdict.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { asTopic } from './as-topic.ts';
import { buildEvidence, type History } from './build-evidence.ts';
import { auditHistory } from './healthy-history.ts';
import { naiveAudit, type NaiveAudit } from './naive-audit.ts';
import { randomHistories } from './random-histories.ts';

const histories = randomHistories(5, 9);

/** Of a producer's messages, or of a topic's. */
const anyRoot = fc
  .tuple(histories, fc.boolean())
  .map(([history, isTopic]) => (isTopic ? asTopic(history) : history));

const nameOf = ({ id, topic, partition }: Example): string => id ?? (topic === 'u' ? '2' : String(partition));

const namesOf = (examples: readonly Example[], root: History['root']): string => {
  const names = examples.map(nameOf);
  return (root === 'log' ? names.sort() : names).join(' ');
};

const summary = (
  { verdict, findings, ledger, counts, confusion }: Audit,
  { root }: Pick<History, 'root'>,
): NaiveAudit => ({
  verdict,
  findings: findings
    .map(({ kind, blame, count, examples }) => `${kind} ${blame} ${count}: ${namesOf(examples, root)}`)
    .filter((line) => !line.startsWith('stalled'))
    .sort(),
  ledger: { ...ledger },
  written: counts.unknownWritten,
  notWritten: counts.unknownNotWritten,
  foreign: counts.foreign,
  redelivered: counts.redelivered,
  unrooted: counts.unrooted,
  dropped: counts.dropped,
  repeated: counts.repeated,
  superseded: counts.superseded,
  confusion,
});

test('the audit and the naive audit come to the same result for any history', async () => {
  await fc.assert(
    fc.asyncProperty(anyRoot, async (history) => {
      const actual = summary(await audit(buildEvidence(history)), history);
      expect(actual).toEqual(naiveAudit(history));
    }),
    { numRuns: 10_000, interruptAfterTimeLimit: 4_000, markInterruptAsFailure: false },
  );
});

// The mutation run judges these again.
test('the audit and the naive audit come to the same result for a fixed sample of each rule', async () => {
  for (const rule of rules) {
    const ofRule = randomHistories(6, 5).map((history) => ({ ...history, rule }));
    const sample = fc.sample(ofRule, { seed: 1, numRuns: rule === 'latest' ? 400 : 100 });
    for (const [index, drawn] of sample.entries()) {
      const history = index % 2 === 0 ? drawn : asTopic(drawn);
      expect(summary(await auditHistory(history), history)).toEqual(naiveAudit(history));
    }
  }
});

const wholeRanges: History['ranges'] = [0, 1, 2].map((partition) => ({
  partition,
  start: 0,
  end: 9,
  base: 0,
  compacted: false,
}));

test('if it is unknown whether partitions are compacted, exactly that is found which holds whether they are or not', async () => {
  const audited = async (history: History, unknown: readonly number[], values: Partial<LogRange>) => {
    const ranges = history.ranges.map((range) =>
      unknown.includes(range.partition) ? { ...range, ...values } : range,
    );
    const [findings, names] = [new Set<string>(), new Set<string>()];
    const { verdict } = await audit(buildEvidence({ ...history, ranges }), {
      onFinding({ kind, id, topic, partition, blame }) {
        const name = `${kind} ${id ?? `${topic}/${partition}`}`;
        names.add(name);
        findings.add(`${name} ${blame}`);
      },
    });
    return { verdict, findings, names };
  };
  const ranged = histories.map((history) =>
    history.ranges.length > 0 ? history : { ...history, ranges: wholeRanges },
  );
  await fc.assert(
    fc.asyncProperty(ranged, fc.subarray([0, 1, 2], { minLength: 1 }), async (history, unknown) => {
      const { verdict, findings, names } = await audited(history, unknown, {
        compacted: true,
        compactionUnknown: true,
      });
      const ifSo = await audited(history, unknown, { compacted: true });
      const ifNot = await audited(history, unknown, { compacted: false });
      expect(names).toEqual(new Set([...ifSo.names].filter((name) => ifNot.names.has(name))));
      const shared = [...ifSo.findings].filter((finding) => ifNot.findings.has(finding));
      const blaming = [...findings].filter((finding) => !finding.endsWith(' unknown'));
      expect(shared.filter((finding) => !findings.has(finding))).toEqual([]);
      expect(blaming.filter((finding) => !shared.includes(finding))).toEqual([]);
      const isRight = verdict !== 'pass' || (ifSo.verdict === 'pass' && ifNot.verdict === 'pass');
      expect(isRight).toBe(true);
    }),
    { numRuns: 3_000, interruptAfterTimeLimit: 2_000, markInterruptAsFailure: false },
  );
});

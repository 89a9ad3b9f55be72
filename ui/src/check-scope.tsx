/** What a check has read and compared, and how. */
import type { JSX } from 'preact';
import { provenanceText, rangesText, rootText } from '../../src/report/text/check-words.ts';
import { grouped, latencyText } from '../../src/report/text/quantities.ts';
import type { CheckSummary, Result } from '../../src/result/result.ts';
import { FactList } from './facts.tsx';

export function CheckScope({ result }: { result: Result }): JSX.Element {
  const { check, environment, timings } = result;
  const phases = [
    ['read', timings.readMs ?? null],
    ['judge', timings.auditMs],
    ['in all', timings.totalMs],
  ] as const;
  const known = phases.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${latencyText(ms)}`]));
  return (
    <>
      <FactList
        look="setup"
        facts={{
          root: rootText,
          ...(check && scopeFacts(check)),
          provenance: provenanceText(result),
          client: environment.client,
          Node: environment.node,
        }}
      />
      <p class="more">Time: {known.join(', ')}</p>
    </>
  );
}

const rules = {
  once: 'each record once',
  'at-least-once': 'each record at least once',
  latest: 'the newest record of each key',
} as const;

const scopeFacts = (check: CheckSummary): Record<string, string | null> => ({
  [check.sinks.length === 1 ? 'sink' : 'sinks']:
    check.sinks.length === 1
      ? check.sink
      : check.sinks.map(({ label, name }) => `${label}: ${name}`).join(', '),
  range: `${rangesText(check)}${check.isWholeLife ? ', all that the topic ever held' : ''}`,
  expected: rules[check.rule],
  ids: `${check.id} and ${check.sinkId}`,
  categories: check.category ?? 'not compared',
  ...Object.fromEntries(
    Object.entries(check.forms).map(([place, words]) => [place === 'id' ? 'ids are compared' : place, words]),
  ),
  'looks at the sink': grouped(check.looks),
  sample: check.sampled === null ? null : `about ${grouped(check.sampled)} messages`,
});

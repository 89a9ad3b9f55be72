/** What a check has read and compared, and how; and what a run of a user's pipeline has driven. */
import type { JSX } from 'preact';
import {
  pipelineProvenanceText,
  provenanceText,
  rangesText,
  rootText,
} from '../../src/report/text/check-words.ts';
import { dropsText, ledgerRootText } from '../../src/report/text/pipeline-words.ts';
import { grouped, latencyText } from '../../src/report/text/quantities.ts';
import type { CheckSummary, Result } from '../../src/result/result.ts';
import { FactList } from './facts.tsx';

export function CheckScope({ result }: { result: Result }): JSX.Element {
  const { check, timings } = result;
  return (
    <Scope
      result={result}
      facts={{
        root: rootText,
        ...(check && scopeFacts(check)),
        provenance: provenanceText(result),
      }}
      phases={[
        ['read', timings.readMs ?? null],
        ['judge', timings.auditMs],
        ['in all', timings.totalMs],
      ]}
    />
  );
}

export function PipelineScope({ result }: { result: Result }): JSX.Element {
  const { ledger, timings, allowed } = result;
  const { source, drops } = result.pipeline!;
  return (
    <Scope
      result={result}
      facts={{
        root: ledgerRootText,
        provenance: pipelineProvenanceText(result),
        'handed over': `${grouped(ledger.sent)} to ${source}`,
        drops: Object.keys(drops).length === 0 ? null : dropsText(drops),
        allowed: allowed.length === 0 ? null : allowed.join(', '),
      }}
      phases={[
        ['broker', timings.brokerStartMs],
        ['hand over', timings.produceMs],
        ['drain', timings.drainMs],
        ['judge', timings.auditMs],
        ['in all', timings.totalMs],
      ]}
    />
  );
}

interface ScopeProps {
  result: Result;
  facts: Record<string, string | null>;
  /** In ms. */
  phases: readonly (readonly [name: string, ms: number | null])[];
}

function Scope({ result: { environment }, facts, phases }: ScopeProps): JSX.Element {
  const known = phases.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${latencyText(ms)}`]));
  return (
    <>
      <FactList
        look="setup"
        facts={{ ...facts, client: environment.client, Node: environment.node, Java: environment.java }}
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

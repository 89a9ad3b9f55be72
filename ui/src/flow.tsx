/** Producer, Kafka, consumer, store: what came to each, by state, and where the chain broke. */
import type { JSX } from 'preact';
import { plural } from '../../src/counted.ts';
import { grouped } from '../../src/report/quantities.ts';
import type { Result } from '../../src/result.ts';
import type { RunProgress } from '../../src/run-progress.ts';
import type { Blame, Finding } from '../../src/verdict.ts';
import { StateBars } from './states.tsx';

export interface Hop {
  name: string;
  blame: Blame;
  count: number;
  what: string;
  more: string[];
  byState: Record<string, number>;
}

export function Flow({
  hops,
  findings,
}: {
  hops: readonly Hop[];
  findings: readonly Finding[];
}): JSX.Element {
  const most = Math.max(1, ...hops.map(({ byState }) => sum(Object.values(byState))));
  const unknown = findings.filter(({ blame }) => blame === 'unknown');
  return (
    <>
      <ol class="flow">
        {hops.map((hop) => (
          <li key={hop.name} class={brokenAt(hop, findings).length > 0 ? 'hop broken' : 'hop'}>
            <h3>{hop.name}</h3>
            <p class="count">
              <strong>{grouped(hop.count)}</strong> {hop.what}
            </p>
            <StateBars counts={hop.byState} most={most} />
            {hop.more.map((line) => (
              <p key={line} class="more">
                {line}
              </p>
            ))}
            {brokenAt(hop, findings).map((finding) => (
              <Break key={finding.kind} finding={finding} />
            ))}
          </li>
        ))}
      </ol>
      {unknown.map((finding) => (
        <p key={finding.kind} class="more">
          Nobody can say where: <Break finding={finding} />
        </p>
      ))}
    </>
  );
}

const brokenAt = ({ blame }: Hop, findings: readonly Finding[]): Finding[] =>
  findings.filter((finding) => finding.blame === blame);

function Break({ finding }: { finding: Finding }): JSX.Element {
  const { kind, count, cause, allowed } = finding;
  return (
    <span class={allowed ? 'break allowed' : 'break'}>
      <span aria-hidden="true">✗</span> {grouped(count)} {kind}
      {cause === undefined ? '' : ` (${cause}${allowed ? ', allowed' : ''})`}
    </span>
  );
}

/** What the audit found. */
export function hopsOf({ ledger, log, store, counts, states, confusion }: Result): Hop[] {
  const by = (hop: 'sent' | 'acked' | 'logged'): Record<string, number> =>
    Object.fromEntries(Object.entries(states).map(([state, hops]) => [state, hops[hop]]));
  const due = Object.fromEntries(
    Object.entries(confusion).map(([state, places]) => [state, sum(Object.values(places))]),
  );
  return [
    {
      name: 'Producer',
      blame: 'producer',
      count: ledger.sent,
      what: 'sent',
      more: [
        `${grouped(ledger.acked)} acknowledged`,
        ...some(ledger.unknown, 'unknown'),
        ...some(ledger.rejected, 'rejected'),
        ...some(ledger.unsent, 'never sent'),
      ],
      byState: by('sent'),
    },
    {
      name: 'Kafka',
      blame: 'broker',
      count: log.records,
      what: plural(log.records, 'record'),
      more: some(counts.foreign, 'foreign'),
      byState: by('logged'),
    },
    {
      name: 'Consumer',
      blame: 'consumer',
      count: sum(Object.values(due)),
      what: 'due',
      more: [...some(counts.redelivered ?? 0, 'delivered again'), ...refusedOf(counts.refusedWrites ?? 0)],
      byState: due,
    },
    {
      name: 'Store',
      blame: 'store',
      count: store.rows,
      what: plural(store.rows, 'row'),
      more: some(store.deadLetters, plural(store.deadLetters, 'dead letter')),
      byState: { ...store.byCategory, ...(store.deadLetters > 0 && { 'dead-letters': store.deadLetters }) },
    },
  ];
}

/** What was noted so far. */
export function liveHopsOf(progress: RunProgress): Hop[] {
  const { sent, acked, consumed, stored, unknown, rejected, refusedWrites, consumers } = progress;
  return [
    {
      name: 'Producer',
      blame: 'producer',
      what: 'sent',
      more: [...some(unknown, 'unknown'), ...some(rejected, 'rejected')],
      ...sent,
    },
    {
      name: 'Kafka',
      blame: 'broker',
      what: 'acknowledged',
      more: some(sent.count - acked.count - unknown - rejected, 'under way'),
      ...acked,
    },
    {
      name: 'Consumer',
      blame: 'consumer',
      what: 'consumed',
      more: [...refusedOf(refusedWrites), ...(consumers > 1 ? [`${consumers} processes`] : [])],
      ...consumed,
    },
    { name: 'Store', blame: 'store', what: 'stored', more: [], ...stored },
  ];
}

const refusedOf = (count: number): string[] => some(count, `${plural(count, 'write')} refused`);
const some = (count: number, what: string): string[] => (count === 0 ? [] : [`${grouped(count)} ${what}`]);
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** The four hops as data, for a run that was audited and for one that goes on. */
import { grouped } from '../../src/report/text/quantities.ts';
import { ruleCounts } from '../../src/report/text/rule-counts.ts';
import type { DeadLetters, PageData } from '../../src/page/page-data.ts';
import type { HopProgress, RunProgress } from '../../src/watch/run-progress.ts';
import type { EvidenceState, HopCounts } from '../../src/result/verdict.ts';
import { openLetters } from './dead-letters.tsx';
import type { FlowNode } from './flow.tsx';

/** From the audit. */
export function hopsOf({ result, deadLetters }: PageData): FlowNode[] {
  const { ledger, log, store, counts, states, evidence } = result;
  const by = (hop: keyof HopCounts): Record<string, number> =>
    Object.fromEntries(Object.entries(states).map(([state, hops]) => [state, hops[hop] ?? 0]));
  const isTold = (hop: 'delivered' | 'written'): boolean =>
    evidence.journal !== 'missing' && Object.values(states).every((hops) => hops[hop] !== null);
  const own = store.deadLetters > 0 && { 'dead-letters': store.deadLetters };
  return [
    {
      name: 'Producer',
      blames: ['producer'],
      seen: seenOf(evidence.ledger, 'no ledger could be read', ledger.sent, by('sent')),
      what: 'sent',
      more: unless(evidence.ledger, [
        `${grouped(ledger.acked)} acknowledged`,
        ...some(ledger.unknown, 'unknown'),
        ...some(ledger.rejected, 'rejected'),
        ...some(ledger.aborted ?? 0, 'aborted'),
        ...some(ledger.unsent, 'never sent'),
      ]),
    },
    {
      name: 'Kafka',
      blames: ['broker'],
      seen: seenOf(evidence.log, 'no scan of the log could be read', log.records, by('logged')),
      what: 'in the log',
      more: unless(evidence.log, some(counts.foreign, 'foreign')),
    },
    {
      name: 'Consumer',
      blames: ['consumer'],
      seen: isTold('delivered')
        ? seenOf(evidence.journal, '', sum(by('delivered')), by('delivered'))
        : "no consumer's journal could be read",
      what: 'delivered',
      more: [
        ...(isTold('written') ? [`${grouped(sum(by('written')))} written`] : []),
        ...some(counts.redelivered ?? 0, 'redelivered'),
        ...some(counts.refusedWrites ?? 0, 'writes refused'),
      ],
    },
    {
      name: 'Store',
      blames: ['store'],
      seen: seenOf(evidence.store, 'the store could not be read', store.rows, {
        ...store.byCategory,
        ...own,
      }),
      what: 'stored',
      more: unless(evidence.store, [
        ...some(store.deadLetters, 'dead letters'),
        ...ruleCounts(counts),
        ...otherLetters(deadLetters, store.deadLetters),
      ]),
    },
  ];
}

/** From the files that are written so far. */
export function liveHopsOf(progress: RunProgress): FlowNode[] {
  const { sent, acked, consumed, stored, unknown, rejected, aborted, refusedWrites, consumers } = progress;
  const counted = ({ count, byState }: HopProgress): FlowNode['seen'] => ({ count, byState });
  // Without a journal, a consumer that keeps none may be at work.
  const told = (hop: HopProgress): FlowNode['seen'] =>
    consumers === 0 ? "there is no consumer's journal yet" : counted(hop);
  return [
    {
      name: 'Producer',
      blames: ['producer'],
      seen: counted(sent),
      what: 'sent',
      more: [...some(unknown, 'unknown'), ...some(rejected, 'rejected'), ...some(aborted, 'aborted')],
    },
    {
      name: 'Kafka',
      blames: ['broker'],
      seen: counted(acked),
      what: 'acknowledged',
      more: some(Math.max(0, sent.count - acked.count - unknown - rejected), 'not acknowledged yet'),
    },
    {
      name: 'Consumer',
      blames: ['consumer'],
      seen: told(consumed),
      // A redelivery counts again: only the audit tells them apart.
      what: 'deliveries',
      more: [
        ...some(refusedWrites, 'writes refused'),
        ...(consumers > 1 ? [`${consumers} processes so far`] : []),
      ],
    },
    { name: 'Store', blames: ['store'], seen: told(stored), what: 'stored', more: [] },
  ];
}

const seenOf = (
  state: EvidenceState,
  why: string,
  count: number,
  byState: Record<string, number>,
): FlowNode['seen'] => (state === 'missing' ? why : { count, byState, isTorn: state === 'torn' });

const unless = (state: EvidenceState, lines: FlowNode['more']): FlowNode['more'] =>
  state === 'missing' ? [] : lines;

/** Dead letters of records that are not messages of the run. */
function otherLetters(letters: DeadLetters | null, own: number): FlowNode['more'] {
  const others = (letters?.count ?? 0) - own;
  if (letters === null || others <= 0) return [];
  const planted =
    letters.planted > 0 ? `, ${grouped(letters.planted)} of them published by the fault poison` : '';
  return [
    <button key="letters" type="button" class="link" onClick={openLetters}>
      +{grouped(others)} dead letters{planted}
    </button>,
  ];
}

const some = (count: number, what: string): string[] => (count === 0 ? [] : [`${grouped(count)} ${what}`]);
const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** A bar of all messages: its pieces add up to all planned messages, or to all acknowledged ones. */
import type { JSX } from 'preact';
import { grouped } from '../../src/report/text/quantities.ts';
import type { Result } from '../../src/result/result.ts';
import type { RunProgress } from '../../src/watch/run-progress.ts';

interface Piece {
  name: string;
  count: number;
  /** A CSS class. */
  look: 'stored' | 'acked' | 'open' | 'wrong' | 'lost' | 'doubt' | 'unknown' | 'unsent';
}

export function ConservationBar({ of, pieces }: { of: string; pieces: readonly Piece[] }): JSX.Element {
  const total = pieces.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class="conservation" data-bar={of} data-total={total}>
      <p>
        {grouped(total)} {of}
      </p>
      <div class="pieces" aria-hidden="true">
        {pieces.map(({ name, count, look }) => (
          <span
            key={name}
            class={`piece ${look}`}
            data-count={count}
            style={{ flexGrow: count }}
            hidden={count === 0}
          />
        ))}
      </div>
      <ul>
        {pieces.map(
          ({ name, count, look }) =>
            count > 0 && (
              <li key={name}>
                <span class={`piece ${look}`} aria-hidden="true" />
                {grouped(count)} {name}
              </li>
            ),
        )}
      </ul>
    </div>
  );
}

export function AckedBar({
  result: { acknowledged, evidence, root, check },
}: {
  result: Result;
}): JSX.Element | null {
  if (evidence.ledger === 'missing') return null;
  const { right, wrong, lost, unjudged } = acknowledged;
  // With several sinks, a record counts once for each in which it belongs.
  const what = (check?.sinks.length ?? 1) === 1 ? 'records' : 'expected rows';
  const hops = [evidence.ledger, evidence.store];
  // A user's pipeline may have no topic.
  if (root !== 'ledger' || evidence.log !== 'missing') hops.push(evidence.log);
  const isWhole = hops.every((state) => state === 'whole');
  return (
    <ConservationBar
      of={root === 'log' ? what : 'acknowledged'}
      pieces={[
        // Evidence that could not be read may contradict it.
        { name: isWhole ? 'correct' : 'without a finding', count: right, look: 'stored' },
        { name: 'wrong', count: wrong, look: 'wrong' },
        { name: 'lost', count: lost, look: 'lost' },
        { name: 'not judged', count: unjudged, look: 'unknown' },
      ]}
    />
  );
}

/**
 * While a run goes on, its files are read one after another: a message may be known as stored before it is known as
 * acknowledged. So each piece is the difference between one hop and the next.
 */
export function LiveBar({ progress }: { progress: RunProgress }): JSX.Element {
  const { planned, stored, acked, sent, unknown, rejected, consumers } = progress;
  const all = planned ?? Math.max(sent.count, acked.count, stored.count);
  const storedCount = Math.min(stored.count, all);
  const ackedCount = Math.min(Math.max(acked.count, storedCount), all);
  const sentCount = Math.min(Math.max(sent.count, ackedCount), all);
  const open = Math.min(unknown + rejected, sentCount - ackedCount);
  const aborted = Math.min(progress.aborted, ackedCount - storedCount);
  const beyond =
    consumers === 0 ? 'acknowledged; no journal shows what is stored' : 'acknowledged, not stored yet';
  return (
    <ConservationBar
      of={planned === null ? 'sent' : 'planned'}
      pieces={[
        { name: 'stored', count: storedCount, look: 'stored' },
        {
          name: beyond,
          count: ackedCount - storedCount - aborted,
          look: consumers === 0 ? 'unknown' : 'acked',
        },
        { name: 'aborted with their transaction', count: aborted, look: 'unsent' },
        { name: 'rejected or of unknown outcome', count: open, look: 'doubt' },
        { name: 'sent, not acknowledged yet', count: sentCount - ackedCount - open, look: 'open' },
        { name: 'still to send', count: all - sentCount, look: 'unsent' },
      ]}
    />
  );
}

/** The messages of a user's pipeline by what the source has answered. */
export function HandedOverBar({ progress }: { progress: RunProgress }): JSX.Element {
  const { planned, acked, sent, unknown, rejected } = progress;
  const open = unknown + rejected;
  const answered = acked.count + open;
  // A program that makes its own messages may report more than were planned.
  const all = Math.max(planned ?? 0, sent.count, answered);
  return (
    <ConservationBar
      of={planned === null ? 'handed over' : 'planned'}
      pieces={[
        { name: 'acknowledged', count: acked.count, look: 'acked' },
        { name: 'rejected or of unknown outcome', count: open, look: 'doubt' },
        { name: 'not answered yet', count: Math.max(0, sent.count - answered), look: 'open' },
        { name: 'still to hand over', count: all - Math.max(sent.count, answered), look: 'unsent' },
      ]}
    />
  );
}

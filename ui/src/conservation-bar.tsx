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
  const isWhole = [evidence.ledger, evidence.log, evidence.store].every((state) => state === 'whole');
  return (
    <ConservationBar
      of={root === undefined ? 'acknowledged' : what}
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

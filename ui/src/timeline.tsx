/** Tells what became of one message: a summary, then hop by hop, with times. */
import type { JSX } from 'preact';
import { blameNote } from '../../src/report/text/blame-note.ts';
import { eventText } from '../../src/report/text/event-text.ts';
import { standingOf, type Standing } from '../../src/report/text/message-standing.ts';
import { isFact, type EventHop, type Timeline } from '../../src/explain/timeline.ts';
import { clockText } from './clock-text.ts';

export function TimelineOf({
  timeline,
  isOpen = false,
}: {
  timeline: Timeline;
  isOpen?: boolean;
}): JSX.Element {
  const { expected, id, kcat, dumpLog } = timeline;
  const command = kcat ?? dumpLog;
  return (
    <details class="timeline" open={isOpen}>
      <summary>What became of {id}</summary>
      <StandingOf timeline={timeline} />
      {expected !== null && (
        <p class="more">
          It was to be: {expected.state}, key <code>{expected.key}</code>, a payload of{' '}
          {expected.payloadBytes} bytes.
        </p>
      )}
      <ol>
        {timeline.timeline.map((event, index) => {
          const { label, text, look } = eventText(event, timeline);
          return (
            <li key={index} class={look} data-look={look} data-lane={lanes[event.hop]}>
              <time>{event.time !== null && clockText(event.time)}</time>
              <span class="hop-name">{label}</span>
              <span>
                {signs[look] !== '' && <span aria-hidden="true">{signs[look]} </span>}
                {text}
              </span>
            </li>
          );
        })}
      </ol>
      {command !== null && (
        <p class="more">
          To look at the record itself: <code>{command}</code>
        </p>
      )}
    </details>
  );
}

/** Colour alone tells nobody. */
const signs = { fact: '', wrong: '✗', absent: '', unknown: '◌' } as const;

const lanes: Record<EventHop, string> = {
  intent: 'producer',
  outcome: 'producer',
  log: 'kafka',
  delivery: 'consumer',
  written: 'consumer',
  refused: 'consumer',
  commit: 'consumer',
  position: 'store',
  row: 'store',
  'dead-letter': 'store',
};

const sentences: Record<
  Exclude<Standing, 'found' | 'under-way'>,
  { sign: string; look: string; text: string }
> = {
  nobody: { sign: '', look: 'faint', text: 'No message of the run is known there.' },
  unsent: { sign: '?', look: 'doubtful', text: 'It was planned, and never sent.' },
  unjudged: {
    sign: '?',
    look: 'doubtful',
    text: 'No finding names it. The audit could not judge what is odd.',
  },
  'partly-known': { sign: '?', look: 'doubtful', text: 'No finding names it. Not all of it is known.' },
  right: { sign: '✓', look: 'right', text: 'It is as it should be.' },
};

function StandingOf({ timeline }: { timeline: Timeline }): JSX.Element {
  const standing = standingOf(timeline);
  if (standing === 'found') return <Charges timeline={timeline} />;
  const { sign, look, text } = standing === 'under-way' ? soFar(timeline) : sentences[standing];
  return (
    <p class={`standing ${look}`} data-standing={standing}>
      <span aria-hidden="true">{sign}</span> {text}
    </p>
  );
}

/** While a run goes on, nobody has judged any of its messages yet. */
function soFar({ timeline, asExpected }: Timeline): { sign: string; look: string; text: string } {
  const isStored = timeline.some((event) => event.hop === 'row' && isFact(event));
  if (isStored && asExpected) return { sign: '', look: 'faint', text: 'Stored as it should be, so far.' };
  return isStored
    ? { sign: '?', look: 'doubtful', text: 'It is stored, and something is odd: the audit will judge it.' }
    : { sign: '◌', look: 'faint', text: 'It is on its way.' };
}

const Charges = ({ timeline }: { timeline: Timeline }): JSX.Element => {
  const hasNoJournal = timeline.timeline.some(
    (event) =>
      event.hop === 'delivery' && !isFact(event) && event.missing?.startsWith('no consumer kept') === true,
  );
  return (
    <>
      {timeline.findings.map((finding, index) => {
        const note = blameNote(finding, hasNoJournal ? 'missing' : undefined);
        const whom =
          finding.blame === 'unknown' ? 'nobody can say where' : `the ${finding.blame} is to blame`;
        return (
          <p key={index} class="standing wrong" data-standing="found">
            <span aria-hidden="true">✗</span> {finding.kind} · {whom}
            {note !== undefined && <span class="note">, {note}</span>}
            {finding.cause !== undefined && ` · ${finding.cause}`}
          </p>
        );
      })}
    </>
  );
};

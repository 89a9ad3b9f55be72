/** The timeline of one message: a summary, then its events with times. */
import type { JSX } from 'preact';
import { blameNote } from '../../src/report/text/blame-note.ts';
import { eventText } from '../../src/report/text/event-text.ts';
import { standingOf, type Standing } from '../../src/report/text/message-standing.ts';
import { isFact, type EventHop, type Timeline } from '../../src/explain/timeline.ts';
import type { Result } from '../../src/result/result.ts';
import { clockText } from './clock-text.ts';

export function TimelineOf({
  timeline,
  isOpen = false,
}: {
  timeline: Timeline;
  isOpen?: boolean;
}): JSX.Element {
  const { expected, id, kcat, dumpLog, check } = timeline;
  const command = kcat ?? dumpLog;
  return (
    <details class="timeline" open={isOpen}>
      <summary>What happened to {id}</summary>
      <StandingOf timeline={timeline} />
      {expected !== null && (
        <p class="more">
          Expected: {expected.state}, key <code>{expected.key}</code>, payload of {expected.payloadBytes}{' '}
          bytes.
        </p>
      )}
      {check !== undefined && <p class="more">{check.expected}</p>}
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
          To read the record itself: <code>{command}</code>
        </p>
      )}
      {check?.sql.map((statement) => (
        <p key={statement} class="more">
          To see the row: <code>{statement}</code>
        </p>
      ))}
    </details>
  );
}

/** Signs in addition to the colours, which not all readers can tell apart. */
const signs = { fact: '', wrong: '✗', absent: '', unknown: '◌' } as const;

const lanes: Record<EventHop, string> = {
  intent: 'producer',
  outcome: 'producer',
  log: 'kafka',
  delivery: 'consumer',
  written: 'consumer',
  refused: 'consumer',
  skipped: 'consumer',
  commit: 'consumer',
  position: 'store',
  row: 'store',
  'dead-letter': 'store',
  record: 'kafka',
  'sink-row': 'store',
  letter: 'store',
};

const sentences: Record<
  Exclude<Standing, 'found' | 'under-way'>,
  { sign: string; look: string; text: string }
> = {
  nobody: { sign: '', look: 'faint', text: 'The run has no known message at this position.' },
  unsent: { sign: '?', look: 'doubtful', text: 'It was planned but never sent.' },
  unjudged: {
    sign: '?',
    look: 'doubtful',
    text: 'No finding names it, but the audit could not judge what looks odd.',
  },
  'partly-known': {
    sign: '?',
    look: 'doubtful',
    text: 'No finding names it, but some of its evidence is missing.',
  },
  right: { sign: '✓', look: 'right', text: 'Nothing is wrong with it.' },
};

function StandingOf({ timeline }: { timeline: Timeline }): JSX.Element {
  const standing = standingOf(timeline);
  if (standing === 'found') return <Charges timeline={timeline} />;
  const { sign, look, text } = standing === 'under-way' ? soFar(timeline) : sentences[standing];
  const notJudged = timeline.check?.notJudged ?? [];
  return (
    <p class={`standing ${look}`} data-standing={standing}>
      <span aria-hidden="true">{sign}</span>{' '}
      {notJudged.length > 0 ? `It was not judged: ${notJudged.join(' ')}` : text}
    </p>
  );
}

/** The standing of a message while the run goes on: no audit has judged it yet. */
function soFar({ timeline, asExpected }: Timeline): { sign: string; look: string; text: string } {
  const isStored = timeline.some((event) => event.hop === 'row' && isFact(event));
  if (isStored && asExpected) return { sign: '', look: 'faint', text: 'It is stored as expected, so far.' };
  return isStored
    ? { sign: '?', look: 'doubtful', text: 'It is stored, but something looks odd: the audit will judge it.' }
    : { sign: '◌', look: 'faint', text: 'It is on its way.' };
}

const rootOf = ({ check, pipeline }: Timeline): Result['root'] =>
  pipeline !== undefined ? 'ledger' : check && 'log';

const Charges = ({ timeline }: { timeline: Timeline }): JSX.Element => {
  const hasNoJournal = timeline.timeline.some(
    (event) =>
      event.hop === 'delivery' && !isFact(event) && event.missing?.startsWith('no consumer kept') === true,
  );
  return (
    <>
      {timeline.findings.map((finding, index) => {
        const note = blameNote(finding, hasNoJournal ? 'missing' : undefined, rootOf(timeline));
        const whom = finding.blame === 'unknown' ? 'at an unknown hop' : `the ${finding.blame} is to blame`;
        return (
          <p key={index} class="standing wrong" data-standing="found">
            <span aria-hidden="true">✗</span> {finding.kind}
            {finding.hop !== undefined && ` at ${finding.hop}`} · {whom}
            {note !== undefined && <span class="note">, {note}</span>}
            {finding.cause !== undefined && ` · ${finding.cause}`}
          </p>
        );
      })}
    </>
  );
};

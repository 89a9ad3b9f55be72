/** What became of one message, hop by hop, with times. */
import type { JSX } from 'preact';
import { eventText } from '../../src/report/event-text.ts';
import { clockText } from './clock-text.ts';
import { isFact, type Timeline } from '../../src/timeline.ts';

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
      {expected !== null && (
        <p class="more">
          It was to be: {expected.state}, key <code>{expected.key}</code>, a payload of{' '}
          {expected.payloadBytes} bytes.
        </p>
      )}
      <ol>
        {timeline.timeline.map((event, index) => {
          const { label, text, isOdd } = eventText(event, timeline);
          return (
            <li key={index} class={isOdd ? 'odd' : isFact(event) ? '' : 'absent'}>
              <time>{event.time !== null && clockText(event.time)}</time>
              <span class="hop-name">{label}</span>
              <span>
                {isOdd && <span aria-hidden="true">✗ </span>}
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

/** Asks the server for the timeline of any message. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Timeline } from '../../src/explain/timeline.ts';
import type { Explain } from './server.ts';
import { TimelineOf } from './timeline.tsx';

type Answer = { asked: string } & (
  | { state: 'asking' }
  | { state: 'unknown'; why: string }
  | { state: 'known'; timeline: Timeline }
);

/** `onSought` gets the text in the field at each change. */
export function MessageSearch({
  explain,
  example = 'p0-17 or 0:42',
  onSought = () => undefined,
}: {
  explain: Explain;
  /** How a message can be named. */
  example?: string;
  onSought?: (text: string) => void;
}): JSX.Element {
  const text = useSignal('');
  const answer = useSignal<Answer | undefined>(undefined);
  const ask = async (event: Event): Promise<void> => {
    event.preventDefault();
    const asked = text.value.trim();
    if (asked === '') return;
    answer.value = { asked, state: 'asking' };
    const said = await explain(asked).then(
      (timeline): Answer => ({ asked, state: 'known', timeline }),
      (error: Error): Answer => ({ asked, state: 'unknown', why: error.message }),
    );
    // The reader may have asked for another message meanwhile.
    if (answer.value.asked === asked) answer.value = said;
  };
  return (
    <>
      <form class="filters" onSubmit={(event) => void ask(event)}>
        <label>
          message
          <input
            type="search"
            placeholder={example}
            value={text}
            onInput={({ currentTarget }) => onSought((text.value = currentTarget.value))}
          />
        </label>
        <button type="submit">What happened to it?</button>
      </form>
      <AnswerOf answer={answer.value} />
    </>
  );
}

function AnswerOf({ answer }: { answer: Answer | undefined }): JSX.Element | null {
  if (answer === undefined) return null;
  if (answer.state === 'asking') return <p role="status">Looking for {answer.asked} …</p>;
  if (answer.state === 'unknown') return <p role="status">{answer.why}</p>;
  return <TimelineOf key={answer.asked} timeline={answer.timeline} isOpen />;
}

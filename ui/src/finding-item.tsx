import type { JSX } from 'preact';
import { shellWord } from '../../src/system/shell-word.ts';
import { messageNameOf } from '../../src/result/message-name.ts';
import type { PageData } from '../../src/page/page-data.ts';
import { blameNote } from '../../src/report/text/blame-note.ts';
import type { SingleFinding } from '../../src/result/verdict.ts';
import { TimelineOf } from './timeline.tsx';

export function FindingItem({ finding, data }: { finding: SingleFinding; data: PageData }): JSX.Element {
  const { kind, blame, hop, cause, id, state, sink, partition, offset, detail } = finding;
  const { result, timelines } = data;
  const name = messageNameOf(finding, result.root);
  const timeline = name === undefined ? undefined : timelines[name];
  const place = partition === undefined ? undefined : `${partition}:${offset ?? '?'}`;
  const note = blameNote(finding, result.evidence.journal, result.root);
  return (
    <li data-kind={kind}>
      <p>
        <strong class="wrong">
          ✗ {kind}
          {hop !== undefined && ` at ${hop}`}
        </strong>{' '}
        <span class="blame" title={note}>
          {blame}
        </span>{' '}
        {id !== undefined && <code>{id}</code>} {state !== undefined && <span>({state})</span>}{' '}
        {place !== undefined && <span>at {place}</span>} {sink !== undefined && <span>in sink {sink}</span>}{' '}
        {cause !== undefined && <em>{cause}</em>}
      </p>
      {detail !== undefined && <p class="more">{detail}</p>}
      {note !== undefined && (
        <p class="more">
          To blame: the {blame}, {note}.
        </p>
      )}
      {timeline !== undefined && <TimelineOf timeline={timeline} />}
      {timeline === undefined && name !== undefined && (
        <p class="more">
          <code>
            nodrop explain {result.run.id} {shellWord(name)}
          </code>
        </p>
      )}
    </li>
  );
}

/** The dead letters of the run's topic: those of its messages, and those of other records. */
import type { JSX } from 'preact';
import type { DeadLetters, ShownLetter } from '../../src/page/page-data.ts';
import { grouped } from '../../src/report/text/quantities.ts';
import { Copy } from './copy.tsx';
import { Scroll } from './scroll.tsx';

const id = 'dead-letters';

/** Opens the list, for a link elsewhere on the page. */
export function openLetters(): void {
  const list = document.getElementById(id) as HTMLDetailsElement;
  list.open = true;
  list.querySelector('summary')!.focus();
}

export function DeadLetterList({
  run,
  found,
}: {
  run: string;
  found: DeadLetters | null;
}): JSX.Element | null {
  if (found === null || found.count === 0) return null;
  const { count, isCut, letters, planted } = found;
  return (
    <details id={id} class="letters">
      <summary>
        {isCut && 'At least '}
        {grouped(count)} dead letters in the topic
        {planted > 0 && `, ${grouped(planted)} published by the fault poison`}
      </summary>
      <Scroll label="dead letters">
        <table>
          <thead>
            <tr>
              <th scope="col">position</th>
              <th scope="col">reason</th>
              <th scope="col">published by</th>
              <th scope="col">explain</th>
            </tr>
          </thead>
          <tbody>
            {letters.map((letter) => (
              <Row key={`${letter.partition}:${letter.offset}`} run={run} letter={letter} />
            ))}
          </tbody>
        </table>
      </Scroll>
      {count > letters.length && <p class="more">and {grouped(count - letters.length)} more</p>}
    </details>
  );
}

function Row({
  run,
  letter: { partition, offset, reason, isPlanted },
}: {
  run: string;
  letter: ShownLetter;
}): JSX.Element {
  const place = `${partition}:${offset}`;
  return (
    <tr>
      <th scope="row" class="nowrap">
        {place}
      </th>
      <td>{reason === '' ? 'not given' : reason}</td>
      <td>{isPlanted ? 'fault poison' : '–'}</td>
      <td>
        <Copy text={`nodrop explain ${run} ${place}`} label={`Copy the command that explains ${place}`} />
      </td>
    </tr>
  );
}

/** The dead letters of the run's topic: those of its messages, and those of records that are none of them. */
import type { JSX } from 'preact';
import type { DeadLetters, ShownLetter } from '../../src/page/page-data.ts';
import { grouped } from '../../src/report/text/quantities.ts';
import { Copy } from './copy.tsx';
import { Scroll } from './scroll.tsx';

const id = 'dead-letters';

/** Shows the list, when something elsewhere was pressed. */
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
        {grouped(count)} dead letters in the topic{planted > 0 && `, ${grouped(planted)} planted by poison`}
      </summary>
      <Scroll label="dead letters">
        <table>
          <thead>
            <tr>
              <th scope="col">place</th>
              <th scope="col">reason</th>
              <th scope="col">of</th>
              <th scope="col">look closer</th>
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
      <td>{reason === '' ? 'none is given' : reason}</td>
      <td>{isPlanted ? 'poison' : '–'}</td>
      <td>
        <Copy text={`nodrop explain ${run} ${place}`} label={`Copy the command that explains ${place}`} />
      </td>
    </tr>
  );
}

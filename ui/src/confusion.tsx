import type { JSX } from 'preact';
import { Scroll } from './scroll.tsx';
import { grouped } from '../../src/report/text/quantities.ts';
import { isThere } from '../../src/result/check-categories.ts';
import type { Result } from '../../src/result/result.ts';

/** The categories in which the messages of each state are stored. */
export function Confusion({ result }: { result: Result }): JSX.Element {
  const { confusion, evidence, root } = result;
  if (evidence.store === 'missing') return <p class="unknown">not known: the store could not be read</p>;
  const isCheck = root !== undefined;
  const notStored = isCheck ? 'no row' : evidence.store === 'whole' ? 'not stored' : 'not seen in the store';
  const sum = (state: string): number =>
    Object.values(confusion[state]!).reduce((total, count) => total + count, 0);
  const expected = Object.keys(confusion).filter((state) => !isCheck || isThere(state, sum(state)));
  const columns = [...new Set([...expected, ...expected.flatMap((state) => Object.keys(confusion[state]!))])];
  if (expected.length === 0) return <p class="more">No message was expected.</p>;
  return (
    <Scroll label="messages by state and category">
      <table>
        <caption class="sr">Messages by their state, and the category in which they are stored</caption>
        <thead>
          <tr>
            <th scope="col">{isCheck ? 'expected' : 'state'}</th>
            {columns.map((column) => (
              <th key={column} scope="col" class="number">
                {column === '(missing)' ? notStored : `→ ${column}`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {expected.map((state) => (
            <tr key={state}>
              <th scope="row">{state}</th>
              {columns.map((column) => {
                const count = confusion[state]![column] ?? 0;
                const look = count === 0 ? 'none' : column === state ? 'right' : 'wrong';
                return (
                  <td key={column} class={`number ${look}`}>
                    {look === 'wrong' && <span aria-hidden="true">✗ </span>}
                    {count === 0 ? '·' : grouped(count)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

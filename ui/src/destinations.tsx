/** The hops and sinks of a user's pipeline, a line each: what was expected and found, and how it was read and compared. */
import type { JSX } from 'preact';
import { destinationNotes, isAsExpected } from '../../src/report/text/pipeline-words.ts';
import { grouped } from '../../src/report/text/quantities.ts';
import type { DestinationSummary, Result } from '../../src/result/result.ts';
import { Scroll } from './scroll.tsx';

export function Destinations({ result }: { result: Result }): JSX.Element {
  return (
    <Scroll label="hops and sinks">
      <table>
        <caption class="sr">Hops and sinks: what was expected and found, and how it was read</caption>
        <thead>
          <tr>
            <th scope="col">hop</th>
            <th scope="col" class="number">
              expected
            </th>
            <th scope="col" class="number">
              found
            </th>
            {['at', 'fed by', 'group', 'ids', 'compared', 'notes'].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {result.pipeline!.destinations.map((each) => (
            <Row key={each.name} destination={each} isRight={isAsExpected(each, result)} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Row({ destination, isRight }: { destination: DestinationSummary; isRight: boolean }): JSX.Element {
  const { name, kind, expected, found, location, from, group, id, forms, deadLetters } = destination;
  const notes = [...(deadLetters ? ['dead letters'] : []), ...destinationNotes(destination)];
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="number">{grouped(expected)}</td>
      <td class={`number ${isRight ? 'right' : 'wrong'}`}>
        <span aria-hidden="true">{isRight ? '✓' : '✗'}</span> {grouped(found)}
      </td>
      <td>{location}</td>
      <td>{from ?? (kind === 'source' ? 'nodrop' : 'the source')}</td>
      <td>{group ?? '–'}</td>
      <td>{id}</td>
      <td>{comparedText(forms)}</td>
      <td>{notes.join(', ') || '·'}</td>
    </tr>
  );
}

/** `json:amount=json:amount as numbers`; `ids only` if nothing else is compared. */
const comparedText = (forms: Readonly<Record<string, string>>): string =>
  Object.entries(forms)
    .filter(([place]) => place !== 'id')
    .map(([place, words]) => `${place} ${words}`)
    .join('; ') || 'ids only';

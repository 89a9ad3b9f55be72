/** Which columns of values the places of messages, and of what a destination has, become. */
import { presence, type RecordColumns, type RowColumns } from '../check/bound-places.ts';
import { idHeader } from '../run-folder/message-log.ts';
import { parseValuePlace, type ValuePlace } from '../values/value-place.ts';
import type { Destination, DestinationId } from './destinations.ts';
import type { DestinationRule } from './expectations.ts';

const messageId: ValuePlace = { kind: 'header', name: idHeader, text: `header:${idHeader}` };

export function messageColumns(
  { name, category, comparisons }: Destination,
  { latest }: DestinationRule,
): RecordColumns {
  const places: ValuePlace[] = [
    latest === undefined ? messageId : parseValuePlace(latest.key, `expect: latest at ${name}`),
  ];
  const add = (place: ValuePlace): number => places.push(place) - 1;
  return {
    places,
    id: 0,
    category: category && add(category.message),
    compared: comparisons.map(({ record }) => add(record)),
    version:
      latest?.version === undefined
        ? undefined
        : add(parseValuePlace(latest.version.split('=')[0]!, `expect: latest at ${name}`)),
    drops: [],
    dropsTombstones: false,
    route: undefined,
    optionOf: (place) => `${name}: ${place.text}`,
  };
}

export function destinationColumns(
  { name, id, topic, category, comparisons }: Destination,
  { latest }: DestinationRule,
): RowColumns {
  const places: ValuePlace[] = [];
  const add = (place: ValuePlace): number => places.push(place) - 1;
  const column = (text: string): number => add({ kind: 'column', name: text, text: `column:${text}` });
  const [, version] = latest?.version?.split('=') ?? [];
  return {
    places,
    ...idColumns(id, add, column),
    category: category && add(category.there),
    compared: comparisons.map(({ row }) => add(row)),
    version: version === undefined ? undefined : add(parseValuePlace(version, `expect: latest at ${name}`)),
    presence: latest !== undefined && topic !== undefined ? add(presence) : undefined,
  };
}

const idColumns = (
  id: DestinationId,
  add: (place: ValuePlace) => number,
  column: (name: string) => number,
): Pick<RowColumns, 'id' | 'position'> => {
  if (id.kind !== 'columns') return { id: add(id), position: undefined };
  const topic = id.topic === undefined ? undefined : column(id.topic);
  return { id: undefined, position: { topic, partition: column(id.partition), offset: column(id.offset) } };
};

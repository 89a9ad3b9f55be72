/** What the names of places say: whether two places mean the same, and whether one is a category. */
import type { ValuePlace } from '../../values/value-place.ts';

/** Without case and separators: `eventId`, `event-id` and `EVENT_ID` are the same. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** The names of a place: the last one alone, and all that lead to it. */
function namesOf(place: ValuePlace): string[] {
  if (place.kind === 'json') return [plain(place.path.at(-1)!), plain(place.path.join(''))];
  return [plain('name' in place ? place.name : place.kind)];
}

/** 2: the same name; 1: one name is in the other; 0: neither. */
export function likenessOf(a: ValuePlace, b: ValuePlace): number {
  const pairs = namesOf(a).flatMap((one) => namesOf(b).map((other) => [one, other] as const));
  if (pairs.some(([one, other]) => one === other)) return 2;
  return pairs.some(
    ([one, other]) => Math.min(one.length, other.length) > 1 && (one.includes(other) || other.includes(one)),
  )
    ? 1
    : 0;
}

export const isNamedLikeCategory = (place: ValuePlace): boolean =>
  namesOf(place).some((name) => /status|state$|category|kind$|type$|stage$|phase$/.test(name));

/** By the last word of the name: `orderId`, `order_id` and `ID` are, `paid` is not. */
export function isNamedLikeId(place: ValuePlace): boolean {
  const name = place.kind === 'json' ? place.path.at(-1)! : 'name' in place ? place.name : '';
  const words = name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ').split(/[^\p{L}\p{N}]+/u);
  return /^(id|uuid|guid|key|ref|number)$/i.test(words.at(-1)!);
}

/** Columns in which sinks keep the place of the record that a row was made of. */
const positionNames = [
  ['__connect_topic', '__connect_partition', '__connect_offset'],
  ['kafka_topic', 'kafka_partition', 'kafka_offset'],
  ['_topic', '_partition', '_offset'],
  ['record_topic', 'record_partition', 'record_offset'],
  ['topic', 'partition', 'offset'],
] as const;

export interface PositionNames {
  topic: string | undefined;
  partition: string;
  offset: string;
}

/** The columns of positions among these names, which may have any case. */
export function positionColumnsIn(names: readonly string[]): PositionNames[] {
  const named = (wanted: string): string | undefined => names.find((name) => name.toLowerCase() === wanted);
  return positionNames.flatMap(([topicName, partitionName, offsetName]) => {
    const [topic, partition, offset] = [named(topicName), named(partitionName), named(offsetName)];
    return partition === undefined || offset === undefined ? [] : [{ topic, partition, offset }];
  });
}

/** Whether values under such a name may be secrets, which are not shown. */
export const isNamedLikeSecret = (place: string): boolean =>
  /passw|secret|authorization|cookie|credential|api-?_?key|access-?_?token/i.test(place);

/** What is to be known of an id that is none by itself. */
export function warningOf(place: string): string | undefined {
  const name = place.toLowerCase();
  if (name === 'header:traceparent') {
    return 'traceparent names a trace and is no id: several records of one request may share it, and a repeated send may change it.';
  }
  if (name === 'header:ce_id') {
    return 'ce_id is unique within one ce_source only: if several sources write to the topic, two of their events may share an id.';
  }
  return undefined;
}

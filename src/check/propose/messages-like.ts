/** A template for messages that look like sampled records. It takes over names and few values, and no secrets. */
import type { MessagesConfig, MessageTemplate } from '../../config/config.ts';
import type { ValuePlace } from '../../values/value-place.ts';
import { isNamedLikeSecret } from './place-names.ts';
import { textOf, type Sample, type SampledValue } from './sample.ts';

/** A text with more values is no choice between a few. */
const choicesMax = 8;
/** A choice occurs so often at least, on average: a value that occurs once may be about a person. */
const occurrencesMin = 3;
const choiceCharactersMax = 40;

/** `id` is the place that has the message's id, or `position`. */
export function messagesLike(records: Sample, id: string): MessagesConfig {
  const make: MessageTemplate = {};
  const headers: Record<string, string> = {};
  const value: Branch = {};
  let ids: MessagesConfig['ids'] = 'text';
  const idColumn = records.columns[records.places.findIndex(({ text }) => text === id)] ?? [];
  for (const [index, place] of records.places.entries()) {
    const values = records.columns[index]!.filter((each) => each !== null);
    if (values.length === 0) continue;
    const isId = place.text === id || isSame(records.columns[index]!, idColumn);
    if (isId) ids = idsLike(values);
    const text = isId ? '{id}' : textLike(place, records.kinds[index] ?? 'text', values);
    if (place.kind === 'key') make.key = text;
    else if (place.kind === 'header' && isSendable(place.name)) headers[place.name] = text;
    else if (place.kind === 'json') plant(value, place.path, text);
  }
  if (Object.keys(headers).length > 0) make.headers = headers;
  if (Object.keys(value).length > 0) make.value = value;
  return { count: 1_000, ...(ids !== 'text' && { ids }), make };
}

interface Branch {
  [name: string]: string | Branch;
}

/** nodrop writes its own headers itself, and traces are for those that trace. */
const isSendable = (name: string): boolean => !/^(nodrop-|traceparent$|tracestate$)/.test(name);

/** Records may have their id at several places. */
const isSame = (values: readonly SampledValue[], ids: readonly SampledValue[]): boolean =>
  ids.length > 0 && values.every((value, record) => value === ids[record]);

function idsLike(values: readonly string[]): 'text' | 'uuid' | 'integer' {
  if (values.every((value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value))) return 'uuid';
  return values.every((value) => /^\d{1,16}$/.test(value)) ? 'integer' : 'text';
}

function textLike(place: ValuePlace, kind: Sample['kinds'][number], values: readonly string[]): string {
  const name = place.kind === 'json' ? place.path.at(-1)! : 'name' in place ? place.name : 'key';
  if (isNamedLikeSecret(place.text)) return `${name}-{sequence}`;
  if (kind === 'boolean') return `{pick:${[...new Set(values)].join('|')}}`;
  if (kind === 'number') return numberLike(values);
  const choices = [...new Set(values)].map(textOf);
  const isChoice =
    choices.length <= choicesMax &&
    values.length >= occurrencesMin * choices.length &&
    choices.every((choice) => choice.length <= choiceCharactersMax && !/[|{}\p{C}]/u.test(choice));
  if (isChoice) return `{pick:${choices.join('|')}}`;
  // A time in any other form would be refused by most programs.
  const [first] = values as [string];
  return values.every((each) => /^\d{4}-\d\d-\d\d([T ][\d:.]+(Z|[+-][\d:]+)?)?$/.test(each))
    ? first
    : `${name}-{sequence}`;
}

/** Integers within the bounds of the sampled ones, or one of the others. */
function numberLike(values: readonly string[]): string {
  if (!values.every((value) => /^-?\d{1,15}$/.test(value))) return `{pick:${values[0]}}`;
  const numbers = values.map(Number);
  return `{integer:${Math.min(...numbers)}..${Math.max(...numbers)}}`;
}

/** Leaves out what has a value and members at different times. */
function plant(root: Branch, path: readonly string[], text: string): void {
  let branch = root;
  for (const name of path.slice(0, -1)) {
    if (name === '__proto__') return;
    const next = Object.hasOwn(branch, name) ? branch[name]! : (branch[name] = {});
    if (typeof next === 'string') return;
    branch = next;
  }
  const last = path.at(-1)!;
  if (!Object.hasOwn(branch, last) && last !== '__proto__') branch[last] = text;
}

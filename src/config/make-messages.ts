/** Makes the messages of a run: a pure function of the config, the run's id, the seed and the sequence. */
import { usageError, type OperationalError } from '../errors.ts';
import { headerNamePrefix } from '../workload/record-headers.ts';
import { calledTwice } from './called-twice.ts';
import type { MadeMessage, MakeFunction, MessagesConfig } from './config.ts';
import { problemOfJson } from './json-problem.ts';
import { idsOf } from './message-ids.ts';
import type { OutgoingMessage, PreparedMessage } from './outgoing-message.ts';
import { SeededRandom } from './seeded-random.ts';
import { makeOfTemplate } from './template.ts';
import { userErrorText } from './user-error.ts';

export const defaultCount = 1_000;

/** Kafka refuses records that, with their frame, exceed 1 MiB. */
const messageBytesMax = 1_000_000;
/** So many messages are made twice, to see whether they come out the same. */
const sampleCount = 10;
const defaultValueBytes = 200;

/**
 * `sequence` counts from 0. Throws `usage`, here and when a message is made, if the config's `make` gives something that
 * is no message, or not the same each time.
 *
 * @param seed An integer from 0 to 2^32 − 1.
 */
export function messageMaker(
  messages: MessagesConfig | undefined,
  run: string,
  seed: number,
): (sequence: number) => PreparedMessage {
  const { ids = 'text', make, count = defaultCount } = messages ?? {};
  const hasIntegerIds = ids === 'integer';
  const idOf = idsOf(ids, run);
  const random = new SeededRandom(seed);
  const makeOne: MakeFunction = typeof make === 'function' ? make : makeOfTemplate(make ?? {}, hasIntegerIds);
  const prepare = (sequence: number): PreparedMessage => {
    const id = idOf(sequence);
    random.startAt(sequence);
    const made = madeBy(makeOne, { id, sequence, run, random }, sequence);
    const value = 'value' in made ? made.value : defaultValue(hasIntegerIds ? Number(id) : id, sequence);
    return encoded(id, sequence, made, value);
  };
  for (let sequence = 0; sequence < Math.min(count, sampleCount); sequence++) {
    const [first, second] = calledTwice(() => prepare(sequence));
    refuseDifference(sequence, first, second);
  }
  return prepare;
}

function madeBy(make: MakeFunction, context: Parameters<MakeFunction>[0], sequence: number): MadeMessage {
  let made: unknown;
  try {
    made = make(context);
  } catch (error) {
    throw wrong(sequence, `threw ${userErrorText(error)}`);
  }
  if (typeof made !== 'object' || made === null || Array.isArray(made))
    throw wrong(sequence, `gave ${kindOf(made)}`, messageForm);
  if (made instanceof Promise)
    throw wrong(sequence, 'gave a promise', 'It must give the message itself, without async.');
  for (const name in made) {
    if (name === 'key' || name === 'headers' || name === 'value') continue;
    throw wrong(sequence, `gave an object with ${JSON.stringify(name)}`, messageForm);
  }
  return made;
}

const messageForm =
  'It gives { key, headers, value }. The value is JSON, a text, bytes, or null for a tombstone.';

function encoded(id: string, sequence: number, made: MadeMessage, value: unknown): PreparedMessage {
  const keyBytes = made.key === undefined ? null : bytesOrNull(made.key, sequence, 'key');
  const headers = made.headers === undefined ? [] : headersOf(made.headers, sequence);
  const valueBytes = encodedValue(value, sequence);
  let bytes = (keyBytes?.length ?? 0) + (valueBytes?.length ?? 0);
  for (const [name, header] of headers) bytes += name.length + header.length;
  if (bytes > messageBytesMax)
    throw wrong(
      sequence,
      `gave a message of ${bytes} bytes`,
      `A message has ${messageBytesMax} bytes at most: Kafka takes no larger ones, unless told to.`,
    );
  return { id, sequence, key: keyBytes, headers, value: valueBytes, document: value, made };
}

function headersOf(headers: object, sequence: number): OutgoingMessage['headers'] {
  const pairs: [string, Uint8Array][] = [];
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    throw wrong(
      sequence,
      `gave headers that are ${kindOf(headers)}`,
      'They are an object: { name: text or bytes }.',
    );
  for (const [name, value] of Object.entries(headers) as [string, unknown][]) {
    if (name === '' || name.startsWith(headerNamePrefix))
      throw wrong(
        sequence,
        `gave a header ${JSON.stringify(name)}`,
        `A header has a name. Those that begin with ${headerNamePrefix} are nodrop's own.`,
      );
    const bytes = bytesOrNull(value, sequence, `header ${name}`);
    if (bytes === null) throw wrong(sequence, `gave a header ${name} that is null`, 'Leave it out.');
    pairs.push([name, bytes]);
  }
  return pairs;
}

function encodedValue(value: unknown, sequence: number): Uint8Array | null {
  if (typeof value === 'string' || value === null || value instanceof Uint8Array)
    return bytesOrNull(value, sequence, 'value');
  const problem = problemOfJson(value);
  if (problem !== undefined) throw wrong(sequence, `gave a value that is no JSON: ${problem}`, messageForm);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw wrong(sequence, `gave a value that is no JSON: ${userErrorText(error)}`);
  }
  if (text === undefined) throw wrong(sequence, 'gave a value that is no JSON', messageForm);
  return Buffer.from(text);
}

/** Bytes are copied: `make` may use its buffer again. */
function bytesOrNull(value: unknown, sequence: number, part: string): Uint8Array | null {
  if (value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value !== 'string')
    throw wrong(sequence, `gave a ${part} that is ${kindOf(value)}`, 'It takes a text or bytes.');
  if (!value.isWellFormed())
    throw wrong(sequence, `gave a ${part} with half of a surrogate pair`, 'Such a text has no UTF-8.');
  return Buffer.from(value);
}

/** Padded to `defaultValueBytes`. */
function defaultValue(id: string | number, sequence: number): object {
  const bare = `{"id":${JSON.stringify(id)},"sequence":${sequence},"padding":""}`;
  return { id, sequence, padding: '.'.repeat(Math.max(0, defaultValueBytes - bare.length)) };
}

function refuseDifference(sequence: number, one: PreparedMessage, other: PreparedMessage): void {
  const [first, second] = [one, other].map(textOf) as [string, string];
  if (first === second) return;
  let at = 0;
  while (first[at] === second[at]) at += 1;
  const from = Math.max(0, at - 30);
  throw usageError(
    `messages.make gives another message each time. For sequence ${sequence}: …${first.slice(from, at + 30)}… and …${second.slice(from, at + 30)}…`,
    'It must depend on nothing but its argument: take chance from `random`, and no time from a clock.',
  );
}

/** All that is sent of the message; different for different messages. */
function textOf({ key, headers, value }: PreparedMessage): string {
  const shown = (bytes: Uint8Array | null): string | null =>
    bytes === null ? null : Buffer.from(bytes).toString('latin1');
  return JSON.stringify([shown(key), headers.map(([name, bytes]) => [name, shown(bytes)]), shown(value)]);
}

const wrong = (sequence: number, problem: string, hint?: string): OperationalError =>
  usageError(`messages.make ${problem}, for sequence ${sequence}.`, hint);

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'undefined';
  if (value instanceof Promise) return 'a promise';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

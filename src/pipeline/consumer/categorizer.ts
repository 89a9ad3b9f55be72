/**
 * The logic of state categorization: from a record to a category, or to a dead letter's reason. If a JSON object has
 * two fields of one name, the last counts; if a record has two headers of one name, the first.
 */
import { isUtf8 } from 'node:buffer';
import { exactText, type HeaderLookup } from '../../workload/record-headers.ts';
import { categoriesOf, isArrayIndex, statePath, type StateRule } from '../../workload/state-rule.ts';
import { isText } from '../../values/json-bytes.ts';
import { JsonValues } from '../../values/json-values.ts';
import { lookOf, registryBytes, registryMagic } from './payload-look.ts';

/** The index of a category, or why there is none. */
export type Placement = number | { reason: string };

/** The payload is in `bytes` from `start` to `end`; a start of −1 stands for a null payload. */
export type Categorizer = (bytes: Buffer, start: number, end: number, header: HeaderLookup) => Placement;

/** The state of a record, or why it has none. */
type Found = string | { reason: string };

const byteOrderMark = '\ufeff';
const shownMax = 40;
const namesShownMax = 400;

/** Sorts records into the categories of the rule. It depends on that rule only. */
export function createCategorizer(rule: StateRule): Categorizer {
  const { states, other, stateHeader, registryFraming } = rule;
  const indexes = new Map(states.map((state, index) => [state, index]));
  const otherIndex = other === undefined ? undefined : categoriesOf(rule).indexOf(other);
  const find = stateHeader === undefined ? finderInPayload(rule) : finderInHeader(stateHeader);
  const scan = stateHeader === undefined ? scannerFor(statePath(rule), indexes) : undefined;
  return (bytes, start, end, header) => {
    // No JSON begins with this byte.
    const isFramed = registryFraming === 'json' && start >= 0 && bytes[start] === registryMagic;
    const from = isFramed ? Math.min(end, start + registryBytes) : start;
    const scanned = from < 0 ? undefined : scan?.(bytes, from, end);
    if (scanned !== undefined) return scanned;
    const state = find(from < 0 ? null : bytes.subarray(from, end), header);
    if (typeof state !== 'string') return state;
    return indexes.get(state) ?? otherIndex ?? { reason: unknownState(state, states) };
  };
}

function unknownState(state: string, states: readonly string[]): string {
  const names = states.join(', ');
  const known = names.length > namesShownMax ? `the ${states.length} states` : names;
  return `its state '${shown(state)}' is none of ${known}${quotedNote(state, states)}`;
}

/** Some libraries write a header's text as JSON. */
function quotedNote(state: string, states: readonly string[]): string {
  const bare = /^"(.*)"$/s.exec(state)?.[1];
  return bare !== undefined && states.includes(bare) ? ': the quotes are part of it' : '';
}

/**
 * The fast path: finds one of the states in the bytes of a document that is all ASCII; undefined if it is not there as it
 * is written. Then `JSON.parse` decides.
 */
function scannerFor(
  path: readonly string[],
  indexes: ReadonlyMap<string, number>,
): (bytes: Buffer, from: number, limit: number) => number | undefined {
  const values = new JsonValues([path]);
  const known = [...indexes].map(([state, index]) => ({ text: Buffer.from(state), index }));
  return (bytes, from, limit) => {
    if (!values.read(bytes, from, limit) || !values.isAscii || !values.isPlain(0)) return undefined;
    const [start, end] = [values.startOf(0), values.endOf(0)];
    for (const { text, index } of known) if (isText(bytes, start, end, text)) return index;
    return undefined;
  };
}

function finderInHeader(name: string): (payload: Uint8Array | null, header: HeaderLookup) => Found {
  return (_, header) => {
    const value = header(name);
    if (value === null) return { reason: `it carries no state in the header ${name}` };
    return exactText(value) ?? { reason: 'its state is not UTF-8' };
  };
}

function finderInPayload(rule: StateRule): (payload: Uint8Array | null) => Found {
  const path = statePath(rule);
  const place = rule.stateField === undefined ? '' : ` at ${rule.stateField}`;
  return (payload) => {
    if (payload === null) return { reason: 'it has no payload' };
    const message = parse(payload);
    if ('reason' in message) return message;
    const state = path.reduce<unknown>(member, message.value);
    if (typeof state === 'string') return state;
    if (typeof state === 'boolean') return String(state);
    if (typeof state === 'number') return writtenNumber(message.text, path);
    if (state === undefined) return { reason: `it carries no state${place}` };
    return { reason: 'its state is not a string, a number or a boolean' };
  };
}

function parse(payload: Uint8Array): { value: object; text: string } | { reason: string } {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  if (!isUtf8(bytes)) return { reason: `its payload is not UTF-8${lookNote(bytes)}` };
  const marked = bytes.toString('utf8');
  const text = marked.startsWith(byteOrderMark) ? marked.slice(1) : marked;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject) return { value, text };
    return {
      reason: `its payload is JSON, but no object${typeof value === 'string' ? innerNote(value) : ''}`,
    };
  } catch {
    return { reason: `its payload is not JSON${lookNote(bytes)}` };
  }
}

function lookNote(payload: Buffer): string {
  const look = lookOf(payload);
  return look === undefined ? '' : `: it looks like ${look}`;
}

/** A producer may write a text that is JSON already as JSON once more. */
const innerNote = (value: string): string =>
  /^\s*\{/.test(value) ? ': it is a string, which holds JSON itself' : '';

/** A number counts as it is written: as a double, a long one would count as another number. */
function writtenNumber(text: string, path: readonly string[]): Found {
  try {
    const withTexts = (JSON.parse as ParseWithSources)(text, (_, value, { source }) =>
      typeof value === 'number' ? source : value,
    );
    return path.reduce<unknown>(member, withTexts) as string;
  } catch (error) {
    // With a third argument, JSON.parse calls itself for each level.
    if (error instanceof RangeError)
      return { reason: 'its state is a number in JSON that is nested too deeply' };
    throw error;
  }
}

/** TypeScript does not know the third argument yet. */
type ParseWithSources = (
  text: string,
  reviver: (name: string, value: unknown, context: { source: string }) => unknown,
) => unknown;

/** An own member of an object or array: not a property of JavaScript, such as a prototype or a length. */
function member(value: unknown, segment: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
  if (Array.isArray(value) && !isArrayIndex(segment)) return undefined;
  return (value as Record<string, unknown>)[segment];
}

/** Makes a text printable, and cuts it to the length of a line. */
function shown(text: string): string {
  // A character takes two units at most.
  const characters = Array.from(text.slice(0, 2 * shownMax + 1));
  const cut = characters.length > shownMax ? `${characters.slice(0, shownMax).join('')}…` : text;
  // Characters that are invisible or change how the next ones look: control and format characters, halves of
  // surrogate pairs, line ends.
  return cut.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

/**
 * The logic of state categorization: from a record to a category, or to a dead letter's reason. If a JSON object has
 * two fields of one name, the last counts; if a record has two headers of one name, the first.
 */
import { isUtf8 } from 'node:buffer';
import { exactText, type HeaderLookup } from '../../workload/record-headers.ts';
import { categoriesOf, isArrayIndex, statePath, type StateRule } from '../../workload/state-rule.ts';
import { isText, StateScanner } from './state-scanner.ts';

/** The index of a category, or why there is none. */
export type Placement = number | { reason: string };

/** The payload is in `bytes` from `start` to `end`; a start of −1 stands for a null payload. */
export type Categorizer = (bytes: Buffer, start: number, end: number, header: HeaderLookup) => Placement;

/** The state of a record, or why it has none. */
type Found = string | { reason: string };

const byteOrderMark = '\ufeff';
const shownMax = 40;

/** Sorts records into the categories of the rule. It depends on that rule only. */
export function createCategorizer(rule: StateRule): Categorizer {
  const { states, other, stateHeader } = rule;
  const indexes = new Map(states.map((state, index) => [state, index]));
  const otherIndex = other === undefined ? undefined : categoriesOf(rule).indexOf(other);
  const find = stateHeader === undefined ? finderInPayload(rule) : finderInHeader(stateHeader);
  const scan = stateHeader === undefined ? scannerFor(statePath(rule), indexes) : undefined;
  return (bytes, start, end, header) => {
    const scanned = start < 0 ? undefined : scan?.(bytes, start, end);
    if (scanned !== undefined) return scanned;
    const state = find(start < 0 ? null : bytes.subarray(start, end), header);
    if (typeof state !== 'string') return state;
    const category = indexes.get(state) ?? otherIndex;
    return category ?? { reason: `its state '${shown(state)}' is none of ${states.join(', ')}` };
  };
}

/** The fast path: finds one of the states as plain text in the bytes; undefined if it is not there as plain text. */
function scannerFor(
  path: readonly string[],
  indexes: ReadonlyMap<string, number>,
): (bytes: Buffer, from: number, limit: number) => number | undefined {
  const scanner = new StateScanner(path);
  const known = [...indexes].map(([state, index]) => ({ text: Buffer.from(state), index }));
  return (bytes, from, limit) => {
    if (!scanner.find(bytes, from, limit)) return undefined;
    const { start, end } = scanner;
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
    if (typeof state === 'number' || typeof state === 'boolean') return String(state);
    if (state === undefined) return { reason: `it carries no state${place}` };
    return { reason: 'its state is not a string, a number or a boolean' };
  };
}

function parse(payload: Uint8Array): { value: object } | { reason: string } {
  if (!isUtf8(payload)) return { reason: 'its payload is not UTF-8' };
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8');
  try {
    const value: unknown = JSON.parse(text.startsWith(byteOrderMark) ? text.slice(1) : text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { value } : { reason: 'its payload is JSON, but no object' };
  } catch {
    return { reason: 'its payload is not JSON' };
  }
}

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

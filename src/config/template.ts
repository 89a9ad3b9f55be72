/** Templates of messages, for configs without functions: texts with `{id}`, `{pick:a|b}` and the like. */
import { unknownName } from './chosen-schema.ts';
import type { MadeMessage, MakeContext, MakeFunction, MessageTemplate } from './config.ts';

/** Gives the value of a placeholder; `given` stands behind its colon. Returns a sentence if that is wrong. */
type Placeholder = (given: string | undefined) => ((context: MakeContext) => string | number) | string;

const placeholders: Record<string, Placeholder> = {
  id: without(({ id }) => id),
  sequence: without(({ sequence }) => sequence),
  run: without(({ run }) => run),
  pick: (given) => {
    const values = given?.split('|') ?? [];
    if (values.length === 0) return '{pick:a|b} needs texts with | between them.';
    return ({ random }) => random.pick(values);
  },
  integer: (given) => {
    const [, low, high] = /^(-?\d{1,15})\.\.(-?\d{1,15})$/.exec(given ?? '') ?? [];
    const [min, max] = [Number(low), Number(high)];
    if (!(min <= max)) return '{integer:1..9} needs the smallest and the largest number.';
    return ({ random }) => random.integer(min, max);
  },
};

function without(value: (context: MakeContext) => string | number): Placeholder {
  return (given) => (given === undefined ? value : 'It takes nothing behind a colon.');
}

const depthMax = 100;
const pattern = /\{([A-Za-z]+)(?::([^{}]*))?\}/g;

/** Continues "VALUE is"; undefined if the text is right. */
export function problemOfTemplateText(text: string): string | undefined {
  for (const [, name = '', given] of text.matchAll(pattern)) {
    const placeholder = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined;
    const problem =
      placeholder === undefined ? unknownName(name, Object.keys(placeholders)) : placeholder(given);
    if (typeof problem === 'string') return `no template. ${problem}`;
  }
  return undefined;
}

export function* problemsOfTemplateValue(
  value: unknown,
  path: (string | number)[] = [],
): Iterable<{ path: (string | number)[]; text: unknown; problem: string }> {
  if (typeof value === 'string') {
    const problem = problemOfTemplateText(value);
    if (problem !== undefined) yield { path, text: value, problem };
  } else if (path.length > depthMax) {
    yield { path: [], text: value, problem: `no template. It is nested more than ${depthMax} deep.` };
  } else if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) yield* problemsOfTemplateValue(each, [...path, index]);
  } else if (isObject(value)) {
    for (const [name, each] of Object.entries(value)) yield* problemsOfTemplateValue(each, [...path, name]);
  }
}

/**
 * The template as a function. In a value, a text that is nothing but `{sequence}`, `{integer:…}` or `{pick:…}` becomes a
 * number or a truth value if it reads as one; so does `{id}` if ids are integers.
 */
export function makeOfTemplate(template: MessageTemplate, hasIntegerIds: boolean): MakeFunction {
  const key = template.key === undefined ? undefined : filler(template.key);
  const headers = Object.entries(template.headers ?? {}).map(([name, text]) => [name, filler(text)] as const);
  const value = valueFiller(template.value, hasIntegerIds);
  const hasValue = 'value' in template;
  return (context) => {
    const made: MadeMessage = {};
    if (key !== undefined) made.key = key(context);
    if (headers.length > 0) {
      made.headers = Object.fromEntries(headers.map(([name, text]) => [name, text(context)]));
    }
    if (hasValue) made.value = value(context);
    return made;
  };
}

type Filler<T> = (context: MakeContext) => T;

/** Bytes stay as they are. */
const filler = <T extends string | Uint8Array | null>(text: T): Filler<T | string> =>
  typeof text === 'string' ? textFiller(text) : () => text;

function textFiller(text: string): Filler<string> {
  const parts = partsOf(text);
  return (context) => {
    let filled = '';
    for (const part of parts) filled += typeof part === 'string' ? part : part(context);
    return filled;
  };
}

function valueFiller(value: unknown, hasIntegerIds: boolean): Filler<unknown> {
  if (typeof value === 'string') {
    const [part, ...others] = partsOf(value);
    if (typeof part === 'function' && others.length === 0 && isScalar(value, hasIntegerIds))
      return (context) => JSON.parse(String(part(context))) as unknown;
    return textFiller(value);
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => valueFiller(item, hasIntegerIds));
    return (context) => items.map((item) => item(context));
  }
  if (!isObject(value)) return () => value;
  const members = Object.entries(value).map(
    ([name, each]) => [name, valueFiller(each, hasIntegerIds)] as const,
  );
  return (context) => Object.fromEntries(members.map(([name, member]) => [name, member(context)]));
}

/** Whether the text, which is one placeholder, always gives a number or a truth value. */
function isScalar(text: string, hasIntegerIds: boolean): boolean {
  const [, values] = /^\{pick:(.*)\}$/s.exec(text) ?? [];
  if (values !== undefined) return values.split('|').every((value) => scalar.test(value));
  return /^\{(sequence|integer:.*)\}$/.test(text) || (hasIntegerIds && text === '{id}');
}

/** Numbers of more digits would become others. */
const scalar = /^(true|false|-?(0|[1-9]\d{0,14})(\.\d{1,9})?)$/;

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array);

/** Texts as they are, and functions for the placeholders between them. */
function partsOf(text: string): (string | Filler<string | number>)[] {
  const parts: (string | Filler<string | number>)[] = [];
  let end = 0;
  for (const { 0: all, 1: name = '', 2: given, index } of text.matchAll(pattern)) {
    if (index > end) parts.push(text.slice(end, index));
    parts.push(placeholders[name]!(given));
    end = index + all.length;
  }
  if (end < text.length || parts.length === 0) parts.push(text.slice(end));
  return parts;
}

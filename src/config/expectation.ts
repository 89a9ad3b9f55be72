/** What is to become of each message, decided from the message alone. */
import { isDeepStrictEqual } from 'node:util';
import { usageError, type OperationalError } from '../errors.ts';
import { nearestName } from '../system/nearest-name.ts';
import { parseValuePlace, type ValuePlace } from '../values/value-place.ts';
import { calledTwice } from './called-twice.ts';
import type { ExpectContext, Expectation, ExpectRule, PipelineConfig, Rule } from './config.ts';
import type { PreparedMessage } from './outgoing-message.ts';
import { rule as ruleSchema } from './rule-schema.ts';
import { userErrorText } from './user-error.ts';

export type Expecter = (message: PreparedMessage) => Expectation;

/** So many messages are decided twice, to see whether it comes out the same. */
const sampleCount = 10;

/** The result throws `usage` if the pipeline's `expect` gives no expectation, or not the same each time. */
export function expecter(pipeline: PipelineConfig): Expecter {
  const { expect } = pipeline;
  const destinations = destinationsOf(pipeline);
  const everywhere = onceAtEach(destinations);
  if (expect === undefined) return () => everywhere;
  const reader = new ExpectationReader(destinations);
  if (typeof expect !== 'function') {
    const rules = expect.map((each) => readRule(each, reader));
    return (message) => {
      const context = contextOf(message);
      return rules.find(({ fits }) => fits(context))?.expectation ?? everywhere;
    };
  }
  const decide = (message: PreparedMessage): Expectation => {
    let given: unknown;
    try {
      given = expect(contextOf(message));
    } catch (error) {
      throw wrong(`threw ${userErrorText(error)}`, message.sequence);
    }
    return reader.read(given, message.sequence);
  };
  let sampled = 0;
  return (message) => {
    if (sampled >= sampleCount) return decide(message);
    sampled += 1;
    const [first, second] = calledTwice(() => decide(message));
    if (isDeepStrictEqual(first, second)) return first;
    throw usageError(
      `expect gives another expectation each time. For sequence ${message.sequence}: ${JSON.stringify(first)} and ${JSON.stringify(second)}.`,
      'It must depend on nothing but its argument.',
    );
  };
}

/** By name: whether it takes dead letters. */
type Destinations = ReadonlyMap<string, boolean>;

const destinationsOf = ({ hops = {}, sinks }: PipelineConfig): Destinations =>
  new Map(
    [...Object.entries(hops), ...Object.entries(sinks)].map(([name, { deadLetters = false }]) => [
      name,
      deadLetters,
    ]),
  );

function onceAtEach(destinations: Destinations): Expectation {
  const names = [...destinations].flatMap(([name, deadLetters]) => (deadLetters ? [] : [name]));
  return { at: Object.fromEntries(names.map((name) => [name, 'once' as const])) };
}

const contextOf = ({ id, sequence, made, document }: PreparedMessage): ExpectContext => ({
  id,
  sequence,
  key: made.key,
  headers: made.headers ?? {},
  value: document,
});

/** Reads what a function gives: any value at all. */
class ExpectationReader {
  readonly #destinations: Destinations;

  constructor(destinations: Destinations) {
    this.#destinations = destinations;
  }

  read(given: unknown, sequence?: number): Expectation {
    if (typeof given !== 'object' || given === null || given instanceof Promise || Array.isArray(given))
      throw wrong(`gives ${given instanceof Promise ? 'a promise' : JSON.stringify(given)}`, sequence, forms);
    const { dropped, deadLettered, oneOf, among, at, ...others } = given as Record<string, unknown>;
    const kinds = [dropped, deadLettered, oneOf, at].filter((kind) => kind !== undefined).length;
    if (kinds > 1 || (kinds === 1 && Object.keys(others).length > 0))
      throw wrong(`gives ${JSON.stringify(given)}, which is more than one expectation`, sequence, forms);
    if (typeof dropped === 'string') return { dropped };
    if (typeof deadLettered === 'string') {
      if ([...this.#destinations.values()].includes(true)) return { deadLettered };
      throw wrong(
        'gives deadLettered, and no hop or sink takes dead letters',
        sequence,
        'Write deadLetters: true at the one that does.',
      );
    }
    if (typeof oneOf === 'string' && Array.isArray(among) && among.includes(oneOf)) {
      for (const name of among as unknown[]) this.#require(String(name), sequence);
      return { oneOf, among: among as string[] };
    }
    return { at: this.#rulesOf(typeof at === 'object' && at !== null ? at : given, sequence) };
  }

  #rulesOf(given: object, sequence: number | undefined): Record<string, Rule> {
    const rules: Record<string, Rule> = {};
    let count = 0;
    for (const [name, rule] of Object.entries(given) as [string, unknown][]) {
      this.#require(name, sequence);
      // The author wrote `table: condition ? once() : undefined`.
      if (rule === undefined) continue;
      if (rule !== 'once' && rule !== 'at-least-once') requireRule(name, rule, sequence);
      rules[name] = rule as Rule;
      count += 1;
    }
    if (count === 0)
      throw wrong('names no hop and no sink', sequence, "If the message is to be dropped: dropped('why').");
    return rules;
  }

  #require(name: string, sequence: number | undefined): void {
    if (this.#destinations.has(name)) return;
    const names = [...this.#destinations.keys()];
    const nearest = nearestName(name, names);
    throw wrong(
      `names ${JSON.stringify(name)}, which is neither a hop nor a sink`,
      sequence,
      `${nearest === undefined ? '' : `Did you mean ${nearest}? `}They are: ${names.join(', ')}.`,
    );
  }
}

const forms =
  "It gives rules by hop and sink, such as { table: once() }, or oneOf({ … }), dropped('why') or deadLettered('why').";

function requireRule(name: string, rule: unknown, sequence: number | undefined): void {
  const { error } = ruleSchema.safeParse(rule, { reportInput: true });
  const [issue] = error?.issues ?? [];
  if (issue === undefined) return;
  const hint = typeof rule === 'function' ? 'Call it: once().' : undefined;
  throw wrong(`gives for ${name} ${issue.message}`.replace(/\.$/, ''), sequence, hint);
}

const wrong = (problem: string, sequence?: number, hint?: string): OperationalError =>
  usageError(`expect ${problem}${sequence === undefined ? '' : `, for sequence ${sequence}`}.`, hint);

/** A rule of a config without functions. */
function readRule(
  { when = {}, ...expectation }: ExpectRule,
  reader: ExpectationReader,
): { fits: (context: ExpectContext) => boolean; expectation: Expectation } {
  const conditions = Object.entries(when).map(
    ([place, text]) => [parseValuePlace(place, 'expect'), text] as const,
  );
  return {
    fits: (context) => conditions.every(([place, text]) => textAt(place, context) === text),
    expectation: reader.read(expectation),
  };
}

/** The value as a text; undefined if the message has none there. */
function textAt(place: ValuePlace, { key, headers, value }: ExpectContext): string | undefined {
  if (place.kind === 'key') return textOf(key);
  if (place.kind === 'header')
    return Object.hasOwn(headers, place.name) ? textOf(headers[place.name]) : undefined;
  return place.kind === 'json' ? textOf(memberAt(documentOf(value), place.path)) : undefined;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A text may be JSON that the author has written out. */
function documentOf(value: unknown): unknown {
  if (typeof value !== 'string' && !(value instanceof Uint8Array)) return value;
  try {
    return JSON.parse(textOf(value)!);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function memberAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/**
 * The history form as a table: the types of lines, and the fields of each with their kinds. The reader, the
 * JSON Schema and the TypeScript types of the lines all come from it. Fields that are not in it are ignored.
 */
import { rules, type Rule } from '../rules.ts';
import { outcomes, transactionEnds } from '../../run-folder/ledger/outcome.ts';

export const hopNames = ['ledger', 'log', 'deliveries', 'written', 'store'] as const;
export type HopName = (typeof hopNames)[number];

/** A plan has no more messages than a run of nodrop can have. */
export const plannedMax = 100_000_000;
/** Names of rows in the confusion table. */
const reservedNames = ['dead-letters', '(missing)'] as const;

const int32Max = 2 ** 31 - 1;
const integer = (max: number) => ({ type: 'integer', minimum: 0, maximum: max }) as const;

/** The part of JSON Schema that the kinds of values need. */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly not?: { readonly enum?: readonly string[]; readonly const?: string };
  /** For a text: 1 or absent. */
  readonly minLength?: number;
  /** For an integer. */
  readonly minimum?: 0;
  readonly maximum?: number;
  readonly items?: ValueSchema;
  readonly additionalProperties?: { readonly type: 'integer'; readonly minimum: 0; readonly maximum: number };
}

/** The kinds of values, each in JSON Schema, by which lines are checked, too. */
export const valueKinds = {
  name: { type: 'string', minLength: 1 },
  text: { type: 'string' },
  nameOrNumber: { type: ['string', 'number'] },
  flag: { type: 'boolean' },
  int32: integer(int32Max),
  integer: integer(Number.MAX_SAFE_INTEGER),
  category: { type: 'string', not: { enum: reservedNames } },
  /** Dead letters have no line type of their own here. */
  writtenCategory: { type: 'string', not: { const: '(missing)' } },
  categories: { type: 'array', items: { type: 'string', not: { enum: reservedNames } } },
  plan: { type: 'object', additionalProperties: integer(plannedMax) },
  outcome: { enum: outcomes },
  transactionEnd: { enum: transactionEnds },
  crc: { enum: ['ok', 'bad'] },
  rule: { enum: rules },
  hop: { enum: hopNames },
  hops: { type: 'array', items: { enum: hopNames } },
} as const satisfies Record<string, ValueSchema>;
export type ValueKind = keyof typeof valueKinds;

interface ValueTypes {
  name: string;
  text: string;
  nameOrNumber: string | number;
  flag: boolean;
  int32: number;
  integer: number;
  category: string;
  writtenCategory: string;
  categories: string[];
  plan: Record<string, number>;
  outcome: (typeof outcomes)[number];
  transactionEnd: (typeof transactionEnds)[number];
  crc: 'ok' | 'bad';
  rule: Rule;
  hop: HopName;
  hops: HopName[];
}

type Fields = Record<string, ValueKind>;
interface LineType {
  required: Fields;
  optional: Fields;
  /** Required too, unless the line says `foreign: true`. */
  unlessForeign?: Fields;
}

const position = { partition: 'int32', offset: 'integer' } as const;
/** If a history has several topics, each line with a partition names its topic. */
const ofTopic = { topic: 'name' } as const;
const content = {
  producer: 'name',
  session: 'integer',
  sequence: 'integer',
  key: 'text',
  digest: 'name',
  tombstone: 'flag',
} as const;
const time = { time: 'nameOrNumber' } as const;
const handling = { ...ofTopic, consumer: 'nameOrNumber', epoch: 'int32', ...time } as const;

export const lineTypes = {
  run: {
    required: { run: 'name' },
    optional: {
      states: 'categories',
      hops: 'hops',
      messages: 'plan',
      acks: 'text',
      uncleanElection: 'flag',
      topicRecreated: 'flag',
      keyed: 'flag',
      logFinal: 'flag',
      rowsTellPlaces: 'flag',
      allRanges: 'flag',
      sabotage: 'text',
      rule: 'rule',
    },
  },
  send: {
    required: { id: 'name', state: 'text', outcome: 'outcome' },
    optional: {
      ...content,
      ...ofTopic,
      ...position,
      dropped: 'flag',
      transaction: 'name',
      error: 'text',
      ...time,
    },
  },
  transaction: { required: { id: 'name', outcome: 'transactionEnd' }, optional: time },
  log: {
    required: position,
    unlessForeign: { id: 'name' },
    optional: {
      foreign: 'flag',
      ...content,
      ...ofTopic,
      aborted: 'flag',
      crc: 'crc',
      ...time,
    },
  },
  logRange: {
    required: { partition: 'int32', start: 'integer', end: 'integer' },
    optional: {
      ...ofTopic,
      base: 'integer',
      stableEnd: 'integer',
      compacted: 'flag',
      compactionUnknown: 'flag',
    },
  },
  delivery: { required: position, optional: { id: 'name', ...handling } },
  written: {
    required: position,
    optional: { id: 'name', category: 'writtenCategory', digest: 'name', ...handling },
  },
  position: { required: position, optional: ofTopic },
  commit: { required: position, optional: { ...ofTopic, ...time } },
  store: {
    required: { category: 'category' },
    unlessForeign: { id: 'name' },
    optional: { foreign: 'flag', ...ofTopic, ...position, key: 'text', digest: 'name', ...time },
  },
  deadLetter: {
    required: { ...position, reason: 'text' },
    optional: { id: 'name', digest: 'name', ...ofTopic },
  },
  complete: { required: { of: 'hop' }, optional: {} },
} as const satisfies Record<string, LineType>;
export type LineTypeName = keyof typeof lineTypes;

type Values<F> = { -readonly [Name in keyof F]: F[Name] extends ValueKind ? ValueTypes[F[Name]] : never };
type Possibly<F> = Partial<Values<F>>;
/** A line of one type, its fields checked. A field that is null or absent is undefined. */
export type LineOf<Name extends LineTypeName> = { type: Name } & Values<
  (typeof lineTypes)[Name]['required']
> &
  Possibly<(typeof lineTypes)[Name]['optional']> &
  ((typeof lineTypes)[Name] extends { unlessForeign: infer F } ? Possibly<F> : unknown);
export type Line = { [Name in LineTypeName]: LineOf<Name> }[LineTypeName];

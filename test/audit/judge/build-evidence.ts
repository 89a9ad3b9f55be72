/** Turns a small history, written by hand or drawn at random, into `Evidence`. */
import {
  categoryUntold,
  deadLetterCategory,
  logFlags,
  untold,
  type DeliveryBatch,
  type Evidence,
  type LogRange,
  type Topics,
} from '../../../src/audit/evidence.ts';
import { type Rule } from '../../../src/audit/rules.ts';
import { outcomeCodes, type Outcome, type TransactionEnd } from '../../../src/run-folder/ledger/outcome.ts';
import { none } from '../../../src/workload/place.ts';
import type { Cause, SingleFinding } from '../../../src/result/verdict.ts';

/** A position is written `partition:offset`. A content or key is right if left out, and unknown if `null`. */
export interface Send {
  id: string;
  outcome: Outcome;
  at?: string | undefined;
  transaction?: string | undefined;
}

export interface Line {
  /** Foreign if left out. */
  id?: string | undefined;
  content?: string | null | undefined;
  key?: string | null | undefined;
}

export interface LogLine extends Line {
  at: string;
  session?: number | undefined;
  /** That of the message if left out. */
  sequence?: number | undefined;
  aborted?: boolean | undefined;
  crc?: 'ok' | 'bad' | undefined;
}

export interface Row extends Line {
  at?: string | undefined;
  category: string;
}

/** A row in the consumer's journal of writes. Without an id, its content is unknown unless given. */
export interface Write {
  id?: string | undefined;
  at: string;
  /** Unknown if left out. */
  category?: string | undefined;
  content?: string | null | undefined;
}

export interface Delivery {
  partition: number;
  first: number;
  /** Exclusive. */
  end: number;
}

export type HopName = 'ledger' | 'log' | 'deliveries' | 'written' | 'store';

export interface Subject {
  /** `dead-letters` if it is not a state of the run; null if unknown. */
  state: string | null;
  planned: boolean;
  producer?: number | undefined;
  sequence?: number | undefined;
  /** The content to send; unknown if left out. */
  content?: string | undefined;
  key?: string | undefined;
  /** Whether it removes its key from a compacted topic. */
  tombstone?: boolean;
  /** Of two of a key, the one with the higher version is newer. */
  version?: number | undefined;
  /** Whether a declared rule drops it. */
  dropped?: boolean;
}

export interface History {
  /** `once` if left out. */
  rule?: Rule;
  /** `log`: the messages are what the topic holds. */
  root?: 'log';
  messages: Record<string, Subject>;
  sends: Send[];
  /** How the transactions of sends ended; left out if there are none. */
  transactions?: Record<string, TransactionEnd> | undefined;
  log: LogLine[];
  rows: Row[];
  ranges: LogRange[];
  /** The store's next offset by partition. */
  positions: Record<number, number>;
  /** The consumer's journal; left out if no consumer kept one. */
  deliveries?: Delivery[] | undefined;
  /** Whether its deliveries may span records that compaction had removed before. */
  spansHoles?: boolean;
  written?: Write[] | undefined;
  /** Offsets that the journal accounts for, even if it is not whole: `partition:offset`. */
  accounted?: string[];
  /** The group's commits by partition. */
  commits: Record<number, number>;
  /** The hops that are not whole. */
  missing: ('plan' | HopName)[];
  /** The hops that a verdict needs whole. */
  required: HopName[];
  topicRecreated: boolean;
  /** False: the topic has held more than the ranges show. */
  isWholeLife?: boolean;
  /** False: records that were not read may be of messages that were. */
  hasAllCopies?: boolean;
  /** False: the topic may have grown since it was scanned. */
  isFinal?: boolean;
  /** Whether the topic has no other partitions than those with a range. */
  hasAllRanges?: boolean;
  /** False: keys do not choose partitions. */
  isKeyed?: boolean;
  /** Whether partition 2 belongs to another topic. */
  hasTwoTopics?: boolean;
  /** Whether the store's rows have positions, as those of a run do. */
  tellsPlaces?: boolean;
  acks?: string | undefined;
  uncleanElection?: boolean;
  stalls: { partition: number; blame: 'consumer' | 'broker' }[];
  notes?: string[];
  /** The errors of the attempts, by outcome. */
  errors?: Record<Outcome, string[]>;
  interruptions: string[];
  /** Findings that come from a fault, not from the evidence. */
  found?: SingleFinding[];
  /** Causes whose findings do not fail the run. */
  allowed?: Cause[];
}

export const states = ['failed', 'completed'];
const batchRows = 2;

export function buildEvidence(history: History): Evidence {
  const ids = Object.keys(history.messages);
  const subjects = Object.values(history.messages);
  const numberOf = interning();
  const indexOf = (id: string | undefined): number => (id === undefined ? none : ids.indexOf(id));
  const bytesOf = (line: Line, part: 'content' | 'key'): number => {
    const text = line[part] === undefined ? history.messages[line.id ?? '']?.[part] : line[part];
    return numberOf(text);
  };
  const hop = (name: History['missing'][number]) => ({
    whole: !history.missing.includes(name),
    problem: history.missing.includes(name) ? 'cut short' : '',
    required: name === 'plan' || history.required.includes(name),
  });
  const offsetsOf = (offsets: Record<number, number>) =>
    new Map(Object.entries(offsets).map(([key, next]) => [Number(key), next]));
  return {
    run: 'r',
    ...(history.rule && { rule: history.rule }),
    ...(history.root && { root: history.root }),
    categories: states,
    messages: {
      plannedCount: subjects.filter(({ planned }) => planned).length,
      count: ids.length,
      isPlanned: (message) => subjects[message]!.planned,
      expectedCategory: (message) => categoryOf(subjects[message]!.state),
      expectedContent: (message) => numberOf(subjects[message]!.content),
      expectedKey: (message) => numberOf(subjects[message]!.key),
      isTombstone: (message) => subjects[message]!.tombstone === true,
      ...(subjects.some(({ version }) => version !== undefined) && {
        versionOf: (message: number) => subjects[message]!.version,
      }),
      ...(subjects.some(({ dropped }) => dropped === true) && {
        isDropped: (message: number) => subjects[message]!.dropped === true,
      }),
      name: (message) => ({ id: ids[message]! }),
    },
    ...(history.hasTwoTopics && { topics }),
    plan: hop('plan'),
    ledger: {
      ...hop('ledger'),
      ...(history.transactions && {
        transactions: Object.entries(history.transactions).map(([name, end]) => ({ name, end })),
      }),
      ...(history.errors && { errorsOf: async (outcome: Outcome) => history.errors![outcome] }),
      batches: () =>
        // Beyond the count lies an ack that names no offset: an audit that reads it comes to another result.
        chunks<Send>(history.sends, ({ id }) => ({ id, outcome: 'acked' })).map((sends) => ({
          count: sends.length - 1,
          message: Int32Array.from(sends, ({ id }) => indexOf(id)),
          outcome: Uint8Array.from(sends, ({ outcome }) => outcomeCodes[outcome]),
          ...(history.transactions && {
            transaction: Int32Array.from(sends, ({ transaction }) =>
              transaction === undefined ? none : Object.keys(history.transactions!).indexOf(transaction),
            ),
          }),
          ...placesOf(sends),
        })),
    },
    log: {
      ...hop('log'),
      ranges: history.ranges,
      topicRecreated: history.topicRecreated,
      ...(history.isWholeLife !== undefined && { isWholeLife: history.isWholeLife }),
      ...(history.hasAllCopies !== undefined && { hasAllCopies: history.hasAllCopies }),
      ...(history.isFinal !== undefined && { isFinal: history.isFinal }),
      ...(history.hasAllRanges && { hasAllRanges: true }),
      ...(history.isKeyed !== undefined && { isKeyed: history.isKeyed }),
      emptyKey: numberOf(''),
      batches: () =>
        chunks(history.log).map((lines) => ({
          count: lines.length - 1,
          message: Int32Array.from(lines, ({ id }) => indexOf(id)),
          ...placesOf(lines),
          producer: Int32Array.from(lines, ({ id }) => history.messages[id ?? '']?.producer ?? 0),
          session: Int32Array.from(lines, ({ session }) => session ?? 0),
          sequence: Float64Array.from(
            lines,
            ({ id, sequence }) => sequence ?? history.messages[id ?? '']?.sequence ?? none,
          ),
          content: Int32Array.from(lines, (line) => bytesOf(line, 'content')),
          key: Int32Array.from(lines, (line) => bytesOf(line, 'key')),
          flags: Uint8Array.from(lines, flagsOf),
        })),
    },
    store: {
      ...hop('store'),
      positions: offsetsOf(history.positions),
      ...(history.tellsPlaces && { tellsPlaces: true }),
      batches: () =>
        chunks(history.rows).map((rows) => ({
          count: rows.length - 1,
          message: Int32Array.from(rows, ({ id }) => indexOf(id)),
          category: Uint16Array.from(rows, ({ category }) => categoryOf(category)!),
          ...placesOf(rows),
          content: Int32Array.from(rows, (row) => bytesOf(row, 'content')),
          key: Int32Array.from(rows, (row) => bytesOf(row, 'key')),
        })),
    },
    ...(history.deliveries && {
      deliveries: {
        ...hop('deliveries'),
        ...(history.spansHoles && { spansHoles: true }),
        batches: () => chunks(history.deliveries!).map(deliveryBatch),
      },
    }),
    ...(history.written && {
      written: {
        ...hop('written'),
        ...(history.accounted && {
          accountsFor: (partition: number, offset: number) =>
            history.accounted!.includes(`${partition}:${offset}`),
        }),
        batches: () =>
          chunks(history.written!).map((lines) => ({
            count: lines.length - 1,
            message: Int32Array.from(lines, ({ id }) => indexOf(id)),
            ...placesOf(lines),
            category: Uint16Array.from(lines, ({ category }) =>
              category === undefined ? categoryUntold : categoryOf(category)!,
            ),
            content: Int32Array.from(lines, (line) => bytesOf(line, 'content')),
          })),
      },
    }),
    commits: offsetsOf(history.commits),
    settings: {
      ...(history.acks !== undefined && { acks: history.acks }),
      ...(history.uncleanElection !== undefined && { uncleanElection: history.uncleanElection }),
    },
    stalls: history.stalls,
    ...(history.notes && { notes: history.notes }),
    interruptions: history.interruptions,
    ...(history.found && { found: history.found }),
  };
}

const topics: Topics = {
  numberOf: (partition) => (partition === 2 ? 1 : 0),
  nameOf: (partition) => (partition === 2 ? { topic: 'u', partition: 0 } : { topic: 't', partition }),
};

export function parsePlace(at: string | undefined): { partition: number; offset: number } {
  const [partition = none, offset = none] = at === undefined ? [] : at.split(':').map(Number);
  return { partition, offset };
}

const placesOf = (lines: readonly { at?: string | undefined }[]) => ({
  partition: Int32Array.from(lines, ({ at }) => parsePlace(at).partition),
  offset: Float64Array.from(lines, ({ at }) => parsePlace(at).offset),
});

const deliveryBatch = (lines: readonly Delivery[]): DeliveryBatch => ({
  count: lines.length - 1,
  partition: Int32Array.from(lines, ({ partition }) => partition),
  first: Float64Array.from(lines, ({ first }) => first),
  end: Float64Array.from(lines, ({ end }) => end),
  consumer: new Int32Array(lines.length),
  epoch: new Int32Array(lines.length).fill(none),
});

const flagsOf = ({ aborted, crc }: LogLine): number =>
  (aborted ? logFlags.aborted : 0) | (crc === 'bad' ? logFlags.crcBad : crc === 'ok' ? logFlags.crcOk : 0);

function categoryOf(state: string | null): number | undefined {
  if (state === null) return undefined;
  return state === 'dead-letters' ? deadLetterCategory : states.indexOf(state);
}

/** Lines in batches. The last line of each is beyond its count, like those that a fuller batch left behind. */
function chunks<T>(items: readonly T[], beyond: (first: T) => T = (first) => first): T[][] {
  return Array.from({ length: Math.ceil(items.length / batchRows) }, (_, index) => {
    const lines = items.slice(index * batchRows, (index + 1) * batchRows);
    return [...lines, beyond(lines[0]!)];
  });
}

/** Numbers texts from 1; `untold` for none. */
function interning(): (text: string | null | undefined) => number {
  const numbers = new Map<string, number>();
  return (text) => {
    if (text === null || text === undefined) return untold;
    if (!numbers.has(text)) numbers.set(text, numbers.size + 1);
    return numbers.get(text)!;
  };
}

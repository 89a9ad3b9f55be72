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
import { outcomeCodes, type Outcome } from '../../../src/run-folder/ledger/outcome.ts';
import { none } from '../../../src/workload/place.ts';
import type { Cause, SingleFinding } from '../../../src/result/verdict.ts';

/** A position is written `partition:offset`. A content or key that is left out is right, `null` is not told. */
export interface Send {
  id: string;
  outcome: Outcome;
  at?: string | undefined;
}

export interface Line {
  /** Left out: foreign. */
  id?: string | undefined;
  content?: string | null | undefined;
  key?: string | null | undefined;
}

export interface LogLine extends Line {
  at: string;
  session?: number | undefined;
  /** Left out: that of the message. */
  sequence?: number | undefined;
  aborted?: boolean | undefined;
  crc?: 'ok' | 'bad' | undefined;
}

export interface Row extends Line {
  at?: string | undefined;
  category: string;
}

/** What the consumer's journal says was written. Without an id, it tells no content unless there is one. */
export interface Write {
  id?: string | undefined;
  at: string;
  /** Left out: not told. */
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
  /** `dead-letters` where it is none of the run's; null where nobody knows. */
  state: string | null;
  planned: boolean;
  producer?: number | undefined;
  sequence?: number | undefined;
  /** What was to be sent; left out, it is not known. */
  content?: string | undefined;
  key?: string | undefined;
  /** It removes its key from a compacted topic. */
  tombstone?: boolean;
}

export interface History {
  messages: Record<string, Subject>;
  sends: Send[];
  log: LogLine[];
  rows: Row[];
  ranges: LogRange[];
  /** The store's next offset by partition. */
  positions: Record<number, number>;
  /** The consumer's journal; left out, nobody kept one. */
  deliveries?: Delivery[] | undefined;
  /** Its deliveries may span what compaction had taken before. */
  spansHoles?: boolean;
  written?: Write[] | undefined;
  /** Offsets of which the journal says what became of them, whole or not: `partition:offset`. */
  accounted?: string[];
  /** The group's commits by partition. */
  commits: Record<number, number>;
  /** The hops that are not whole. */
  missing: ('plan' | HopName)[];
  /** The hops that a verdict needs whole. */
  required: HopName[];
  topicRecreated: boolean;
  /** False: the topic may have grown since it was scanned. */
  isFinal?: boolean;
  /** There are no other partitions than those with a range. */
  hasAllRanges?: boolean;
  /** False: keys choose no partitions. */
  isKeyed?: boolean;
  /** The partition 2 is one of another topic. */
  hasTwoTopics?: boolean;
  /** The store's rows tell where they stand, as those of a run do. */
  tellsPlaces?: boolean;
  acks?: string | undefined;
  uncleanElection?: boolean;
  stalls: { partition: number; blame: 'consumer' | 'broker' }[];
  notes?: string[];
  /** Why attempts had an outcome. */
  errors?: Record<Outcome, string[]>;
  interruptions: string[];
  /** What was found wrong beside the evidence. */
  found?: SingleFinding[];
  /** Causes whose findings fail nothing. */
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
    categories: states,
    messages: {
      plannedCount: subjects.filter(({ planned }) => planned).length,
      count: ids.length,
      isPlanned: (message) => subjects[message]!.planned,
      expectedCategory: (message) => categoryOf(subjects[message]!.state),
      expectedContent: (message) => numberOf(subjects[message]!.content),
      expectedKey: (message) => numberOf(subjects[message]!.key),
      isTombstone: (message) => subjects[message]!.tombstone === true,
      name: (message) => ({ id: ids[message]! }),
    },
    ...(history.hasTwoTopics && { topics }),
    plan: hop('plan'),
    ledger: {
      ...hop('ledger'),
      ...(history.errors && { errorsOf: async (outcome: Outcome) => history.errors![outcome] }),
      batches: () =>
        // What is beyond the count would be seen: an ack that names no offset.
        chunks<Send>(history.sends, ({ id }) => ({ id, outcome: 'acked' })).map((sends) => ({
          count: sends.length - 1,
          message: Int32Array.from(sends, ({ id }) => indexOf(id)),
          outcome: Uint8Array.from(sends, ({ outcome }) => outcomeCodes[outcome]),
          ...placesOf(sends),
        })),
    },
    log: {
      ...hop('log'),
      ranges: history.ranges,
      topicRecreated: history.topicRecreated,
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

/** Lines in batches. The last of each is beyond its count, as what a full batch left behind may be. */
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

/** Turns a small history, written by hand or drawn at random, into `Evidence`. */
import {
  deadLetterCategory,
  logFlags,
  none,
  outcomeCodes,
  untold,
  type Evidence,
  type LogRange,
  type Outcome,
} from '../../src/history.ts';

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

export interface Subject {
  /** `dead-letters` where it is none of the run's; null where nobody knows. */
  state: string | null;
  planned: boolean;
  producer?: number | undefined;
  sequence?: number | undefined;
  /** What was to be sent; left out, it is not known. */
  content?: string | undefined;
  key?: string | undefined;
}

export interface History {
  messages: Record<string, Subject>;
  sends: Send[];
  log: LogLine[];
  rows: Row[];
  ranges: LogRange[];
  /** The store's next offset by partition. */
  positions: Record<number, number>;
  /** The hops that are not whole. */
  missing: ('plan' | 'ledger' | 'log' | 'store')[];
  interruptions: string[];
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
  });
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
      name: (message) => ({ id: ids[message]! }),
    },
    plan: hop('plan'),
    ledger: {
      ...hop('ledger'),
      batches: () =>
        chunks(history.sends).map((sends) => ({
          count: sends.length,
          message: Int32Array.from(sends, ({ id }) => indexOf(id)),
          outcome: Uint8Array.from(sends, ({ outcome }) => outcomeCodes[outcome]),
          ...placesOf(sends),
        })),
    },
    log: {
      ...hop('log'),
      ranges: history.ranges,
      batches: () =>
        chunks(history.log).map((lines) => ({
          count: lines.length,
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
      positions: new Map(Object.entries(history.positions).map(([key, next]) => [Number(key), next])),
      batches: () =>
        chunks(history.rows).map((rows) => ({
          count: rows.length,
          message: Int32Array.from(rows, ({ id }) => indexOf(id)),
          category: Uint16Array.from(rows, ({ category }) => categoryOf(category)!),
          ...placesOf(rows),
          content: Int32Array.from(rows, (row) => bytesOf(row, 'content')),
          key: Int32Array.from(rows, (row) => bytesOf(row, 'key')),
        })),
    },
    interruptions: history.interruptions,
  };
}

export function parsePlace(at: string | undefined): { partition: number; offset: number } {
  const [partition = none, offset = none] = at === undefined ? [] : at.split(':').map(Number);
  return { partition, offset };
}

const placesOf = (lines: readonly { at?: string | undefined }[]) => ({
  partition: Int32Array.from(lines, ({ at }) => parsePlace(at).partition),
  offset: Float64Array.from(lines, ({ at }) => parsePlace(at).offset),
});

const flagsOf = ({ aborted, crc }: LogLine): number =>
  (aborted ? logFlags.aborted : 0) | (crc === 'bad' ? logFlags.crcBad : crc === 'ok' ? logFlags.crcOk : 0);

function categoryOf(state: string | null): number | undefined {
  if (state === null) return undefined;
  return state === 'dead-letters' ? deadLetterCategory : states.indexOf(state);
}

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / batchRows) }, (_, index) =>
    items.slice(index * batchRows, (index + 1) * batchRows),
  );
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

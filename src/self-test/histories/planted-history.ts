/** A small healthy history that defects are planted in, and its lines in the history form. */
import type { Rule } from '../../audit/rules.ts';
import type { TransactionEnd } from '../../run-folder/ledger/outcome.ts';
import type { Place } from '../../workload/place.ts';

export interface Send {
  id: string;
  state: string;
  outcome: 'acked' | 'rejected' | 'unknown';
  sequence: number;
  key: string;
  digest: string;
  partition?: number;
  offset?: number;
  error?: string;
  session?: number;
  tombstone?: boolean;
  dropped?: boolean;
  transaction?: string;
}

export interface LogRecord extends Place {
  id?: string;
  foreign?: boolean;
  sequence?: number;
  session?: number;
  key?: string;
  digest?: string;
  tombstone?: boolean;
  aborted?: boolean;
  crc?: 'ok' | 'bad';
}

export interface Row extends Place {
  id?: string;
  foreign?: boolean;
  category: string;
  key: string;
  digest: string;
}

export interface Written extends Place {
  category: string;
  digest: string;
}

/** The evidence of each hop. Defects change its fields. */
export interface PlantedHistory {
  /** `once` if left out. */
  rule?: Rule;
  /** False: keys choose no partitions. */
  keyed?: boolean;
  /** The number of messages that the producer had to send. */
  planned: number;
  sends: Send[];
  log: LogRecord[];
  ranges: { partition: number; start: number; end: number; compacted?: boolean }[];
  deliveries: Place[];
  written: Written[];
  rows: Row[];
  deadLetters: (Place & { reason: string })[];
  /** The store's next offset by partition. */
  positions: Map<number, number>;
  /** The group's next offset by partition. */
  commits: Map<number, number>;
  /** How transactions ended, by name. */
  transactions: Map<string, TransactionEnd>;
  /** The topic of each partition; left out if there is only one topic. */
  topics?: readonly string[];
  complete: Set<string>;
}

export const states = ['failed', 'completed', 'in-progress'];
const partitions = 3;
const messages = 12;

/** Twelve messages that arrived as they should: message `i` stands in partition `i mod 3` at offset `i div 3`. */
export function healthyHistory(): PlantedHistory {
  const sends = Array.from({ length: messages }, (_, sequence): Send & Place => ({
    id: `m${sequence}`,
    // The states shift by one with each offset, so that each partition has all of them.
    state: states[(sequence + Math.floor(sequence / partitions)) % states.length]!,
    outcome: 'acked',
    sequence,
    key: `k${sequence % partitions}`,
    digest: `d${sequence}`,
    partition: sequence % partitions,
    offset: Math.floor(sequence / partitions),
  }));
  const end = messages / partitions;
  const numbers = [...Array.from({ length: partitions }).keys()];
  return {
    planned: messages,
    sends,
    log: sends.map(({ id, sequence, key, digest, partition, offset }) => ({
      id,
      sequence,
      key,
      digest,
      partition,
      offset,
      crc: 'ok',
    })),
    ranges: numbers.map((partition) => ({ partition, start: 0, end })),
    deliveries: sends.map(({ partition, offset }) => ({ partition, offset })),
    written: sends.map(({ partition, offset, state, digest }) => ({
      partition,
      offset,
      category: state,
      digest,
    })),
    rows: sends.map(({ id, state, key, digest, partition, offset }) => ({
      id,
      category: state,
      key,
      digest,
      partition,
      offset,
    })),
    deadLetters: [],
    positions: new Map(numbers.map((partition) => [partition, end])),
    commits: new Map(numbers.map((partition) => [partition, end])),
    transactions: new Map(),
    complete: new Set(['ledger', 'log', 'deliveries', 'written', 'store']),
  };
}

/** The history format, as text. */
export function* linesOf(history: PlantedHistory): Generator<string> {
  const line = (type: string, fields: object): string => {
    const { partition = -1 } = fields as { partition?: number };
    return JSON.stringify({ type, topic: history.topics?.[partition], ...fields });
  };
  const { rule, keyed, planned } = history;
  yield JSON.stringify({ type: 'run', run: 'self-test', rule, keyed, states, messages: { p0: planned } });
  for (const send of history.sends) yield line('send', { producer: 'p0', ...send });
  for (const [id, outcome] of history.transactions) yield line('transaction', { id, outcome });
  for (const record of history.log) yield line('log', { producer: 'p0', ...record });
  for (const range of history.ranges) yield line('logRange', range);
  for (const delivery of history.deliveries)
    yield line('delivery', { consumer: 'c0', epoch: 1, ...delivery });
  for (const written of history.written) yield line('written', { consumer: 'c0', epoch: 1, ...written });
  for (const row of history.rows) yield line('store', row);
  for (const letter of history.deadLetters) yield line('deadLetter', letter);
  for (const [partition, offset] of history.positions) yield line('position', { partition, offset });
  for (const [partition, offset] of history.commits) yield line('commit', { partition, offset });
  for (const of of history.complete) yield JSON.stringify({ type: 'complete', of });
}

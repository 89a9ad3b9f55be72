import type { Audit, SingleFinding } from '../../../src/result/verdict.ts';
import { audit } from '../../../src/audit/judge/audit.ts';
import { recordHistory } from '../../mutation/recorded-histories.ts';
import { buildEvidence, type History, type Subject } from './build-evidence.ts';

export type Change = (history: History) => void;

const subject = (state: string, sequence: number, key: string): Subject => ({
  state,
  planned: true,
  sequence,
  content: `content of ${sequence}`,
  key,
});

/** Four right messages, each acked, logged and stored once; the state of `d` is not one of the run's. */
export function healthyHistory(): History {
  return {
    messages: {
      a: subject('failed', 0, 'k0'),
      b: subject('completed', 1, 'k0'),
      c: subject('completed', 2, 'k1'),
      d: subject('dead-letters', 3, 'k1'),
    },
    sends: [
      { id: 'a', outcome: 'acked', at: '0:0' },
      { id: 'b', outcome: 'acked', at: '0:1' },
      { id: 'c', outcome: 'acked', at: '1:0' },
      { id: 'd', outcome: 'acked', at: '1:1' },
    ],
    log: [
      { id: 'a', at: '0:0', crc: 'ok' },
      { id: 'b', at: '0:1', crc: 'ok' },
      { id: 'c', at: '1:0', crc: 'ok' },
      { id: 'd', at: '1:1', crc: 'ok' },
    ],
    rows: [
      { id: 'a', at: '0:0', category: 'failed' },
      { id: 'b', at: '0:1', category: 'completed' },
      { id: 'c', at: '1:0', category: 'completed' },
      { at: '1:1', category: 'dead-letters' },
    ],
    ranges: [0, 1].map((partition) => ({ partition, start: 0, end: 9, base: 0, compacted: false })),
    positions: { 0: 9, 1: 9 },
    commits: {},
    missing: [],
    required: ['ledger', 'log', 'store'],
    topicRecreated: false,
    stalls: [],
    interruptions: [],
  };
}

/** Audits the healthy history with some changes. Sorts the records by their offsets. */
export async function auditOf(...changes: Change[]): Promise<Audit> {
  const history = healthyHistory();
  for (const change of changes) change(history);
  history.log.sort((a, b) => a.at.localeCompare(b.at));
  return await auditHistory(history);
}

export async function auditHistory(history: History): Promise<Audit> {
  const told: SingleFinding[] = [];
  const { allowed = [] } = history;
  const result = await audit(buildEvidence(history), { allowed, onFinding: (one) => told.push(one) });
  recordHistory(history, { ...result, told });
  return result;
}

/** `kind blame: ids`, in the audit's order. */
export const findingsOf = ({ findings }: Audit): string[] =>
  findings.map(({ kind, blame, examples }) => `${kind} ${blame}: ${examples.map(({ id }) => id).join(' ')}`);

export const without =
  (hop: 'sends' | 'log' | 'rows', id: string): Change =>
  (history) => {
    history[hop] = history[hop].filter((line) => line.id !== id) as never;
  };

/** Changes a line of a message in one hop. */
export const alter =
  <Hop extends 'sends' | 'log' | 'rows'>(
    hop: Hop,
    id: string,
    values: Partial<History[Hop][number]>,
  ): Change =>
  (history) => {
    for (const line of history[hop]) if (line.id === id) Object.assign(line, values);
  };

export const sent =
  (...lines: History['sends']): Change =>
  ({ sends }) =>
    sends.push(...lines);

export const logged =
  (...lines: History['log']): Change =>
  ({ log }) =>
    log.push(...lines);

export const stored =
  (...lines: History['rows']): Change =>
  ({ rows }) =>
    rows.push(...lines);

/** Adds a message to those of the healthy history. */
export const message =
  (id: string, values: Partial<Subject> = {}): Change =>
  ({ messages }) => {
    messages[id] = { state: 'failed', planned: true, ...values };
  };

export const missing =
  (...hops: History['missing']): Change =>
  (history) =>
    history.missing.push(...hops);

/** The consumer's journal of the healthy history: all was delivered, and written correctly. */
export const journal: Change = (history) => {
  history.deliveries = [0, 1].map((partition) => ({ partition, first: 0, end: 9 }));
  history.written = history.log.map(({ id, at }) => ({ id, at, category: history.messages[id!]!.state! }));
};

/** The same with positions alone, like the ranges in a consumer's journal. */
export const namelessJournal: Change = (history) => {
  journal(history);
  for (const line of history.written!) delete line.id;
};

export const unwritten =
  (at: string): Change =>
  (history) => {
    history.written = history.written!.filter((line) => line.at !== at);
  };

export const written =
  (...lines: NonNullable<History['written']>): Change =>
  (history) => {
    history.written = [...(history.written ?? []), ...lines];
  };

export const delivered =
  (...lines: NonNullable<History['deliveries']>): Change =>
  (history) => {
    history.deliveries = [...(history.deliveries ?? []), ...lines];
  };

export const committed =
  (partition: number, next: number): Change =>
  ({ commits }) => {
    commits[partition] = next;
  };

export const position =
  (partition: number, next: number | undefined): Change =>
  ({ positions }) => {
    if (next === undefined) delete positions[partition];
    else positions[partition] = next;
  };

export const range =
  (partition: number, values: Partial<History['ranges'][number]>): Change =>
  ({ ranges }) =>
    Object.assign(ranges[partition]!, values);

/** Turns objects into the lines of small histories. */
import { historyFromLines, type HistoryEvidence } from '../../../src/audit/history/read-history.ts';
import type { Audit } from '../../../src/result/verdict.ts';
import { audit } from '../../../src/audit/judge/audit.ts';

export type LineObject = Record<string, unknown> & { type: string };

export const linesOf = (objects: readonly LineObject[]): string[] =>
  objects.map((object) => JSON.stringify(object));

export const evidenceOf = (objects: readonly LineObject[]): HistoryEvidence =>
  historyFromLines(linesOf(objects), 'test');

export const auditOf = (...objects: LineObject[]): Promise<Audit> => audit(evidenceOf(objects));

/** `kind blame: ids`. */
export const findingsOf = ({ findings }: Audit): string[] =>
  findings.map(({ kind, blame, examples }) => `${kind} ${blame}: ${examples.map(({ id }) => id).join(' ')}`);

export const complete: LineObject[] = ['ledger', 'log', 'store'].map((of) => ({ type: 'complete', of }));

/** The lines of one message that is right at every hop, at `0:offset`. */
export const right = (id: string, offset: number, values: Record<string, unknown> = {}): LineObject[] => [
  { type: 'send', id, state: 'failed', outcome: 'acked', partition: 0, offset, ...values },
  { type: 'log', id, partition: 0, offset },
  { type: 'store', id, category: 'failed', partition: 0, offset },
];

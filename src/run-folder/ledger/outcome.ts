/** The outcome of one attempt to send. */
export const outcomes = ['acked', 'rejected', 'unknown'] as const;
export type Outcome = (typeof outcomes)[number];
/** Codes of `AttemptBatch.outcome`: indexes into `outcomes`. */
export const outcomeCodes = { acked: 0, rejected: 1, unknown: 2 } as const;

/**
 * How a transaction ended. `unknown`: its commit was requested, or may have been, and no answer says whether it
 * happened.
 */
export const transactionEnds = ['committed', 'aborted', 'unknown'] as const;
export type TransactionEnd = (typeof transactionEnds)[number];

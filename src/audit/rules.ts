/**
 * What the store must have of messages: one row of each; at least one row of each; or, of messages with one key, the row of the
 * newest. Under `latest`, each record is a message of its own, even if others have its id, and all messages of a key
 * are in one part of the evidence.
 */
export const rules = ['once', 'at-least-once', 'latest'] as const;
export type Rule = (typeof rules)[number];

/** How many rows the store must have of a message, and may have. */
export interface Times {
  min: number;
  max: number;
}

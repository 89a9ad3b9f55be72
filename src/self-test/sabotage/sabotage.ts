/**
 * Sabotage: one defect, planted in nodrop's own processes, to show on a live run that the audit finds it. It is off
 * unless the environment asks for it, in tests of nodrop itself: `NODROP_SABOTAGE=KIND:N` damages message N of producer
 * p0, except as noted below. It is read once; an invalid value is wrong usage. A line on stderr reports when the defect
 * is done, since a defect that never took effect proves nothing. The run's folder records it, so that no audit passes
 * the run.
 *
 * Defects of the store and the consumer are planted below the journal, which records as always what the store was
 * handed.
 *
 *   drop-before-store     the row is left out
 *   double                the row goes into two categories
 *   misroute              the row goes into another category
 *   flip-byte             a bit of the row's payload is flipped
 *   stale-upsert          the row gets the payload of the row before it, or of the next one if it is the first
 *   invent                a row of a message that was not planned is added
 *   dead-letter           the row becomes a dead letter
 *   commit-before-store   the group's commit is sent first, then the consumer is killed
 *   half-batch            offsets are stored, this row and those behind it are not; then the consumer is killed
 *   hole                  the row is moved to the next batch, before which the consumer is killed
 *   delete-after-store    the row vanishes once the database has committed (SQLite alone)
 *   stall                 nothing is stored from the row on, without an error
 *   drop-dead-letter      dead letter N is left out
 *   skip-to-end           in claim N of a process: the consumer goes on at the topic's end
 *   trust-group           in claim N of a process: it goes on at the group's commit, otherwise at the topic's end
 *   off-by-one            in claim N of a process: it goes on one record too late, if anything is stored
 *
 * Defects of the producer:
 *
 *   flip-before-send      a bit of its payload is flipped before its record batch gets its checksum
 *   invent-record         a record of a message that was not planned is sent after its record batch
 *   claim-rejection       the record batch that holds it counts as rejected, though it is written
 *   resend                the record batch that holds it is sent again, as a new batch
 *   claim-ack             the record batch that holds it is not sent, and counts as acked
 *   collide               like claim-ack, at the offset of the batch before it in its partition
 *   swap                  the record batch that holds it is sent after the next of its partition
 *   resend-unknown        from its batch on: a batch of unknown outcome is sent again, as a new batch
 *   replay                a later session begins with message N
 *   swap-partitions       from message N on: record batches of partition 0 go to partition 1, and the other way round
 *   tear-transaction      from message N on: what was sent of an open transaction is aborted, and the rest committed
 */
import { usageError } from '../../errors.ts';
import { say } from '../../text/say.ts';

const kinds = [
  'drop-before-store',
  'double',
  'misroute',
  'flip-byte',
  'stale-upsert',
  'invent',
  'dead-letter',
  'commit-before-store',
  'half-batch',
  'hole',
  'delete-after-store',
  'stall',
  'drop-dead-letter',
  'skip-to-end',
  'trust-group',
  'off-by-one',
  'flip-before-send',
  'invent-record',
  'claim-rejection',
  'resend',
  'claim-ack',
  'collide',
  'swap',
  'resend-unknown',
  'replay',
  'swap-partitions',
  'tear-transaction',
] as const;

export type SabotageKind = (typeof kinds)[number];

export interface Sabotage {
  kind: SabotageKind;
  /** The number of a message, or of what the kind names. */
  sequence: number;
}

const variable = 'NODROP_SABOTAGE';

/** Variables for the environment of a stage, or of the process that starts it. */
export const sabotageVariables = (sabotage: Sabotage): Record<string, string> => ({
  [variable]: sabotageText(sabotage),
});

/** Added to a message's sequence and offset, to get a message that was not planned at a position that is not used. */
export const faraway = 1_000_000;

/** Throws `usage` for an invalid value. */
export function sabotageFromEnvironment(value = process.env[variable]): Sabotage | undefined {
  if (value === undefined) return undefined;
  const [, name, sequence] = /^([a-z-]+):(0|[1-9]\d{0,8})$/.exec(value) ?? [];
  const kind = kinds.find((known) => known === name);
  if (kind === undefined) {
    throw usageError(`${variable} takes KIND:N, not '${value}'.`, `The kinds: ${kinds.join(', ')}.`);
  }
  say(`${variable} plants a defect: ${value}`);
  return { kind, sequence: Number(sequence) };
}

/** In the form of the environment variable. */
export const sabotageText = ({ kind, sequence }: Sabotage): string => `${kind}:${sequence}`;

/** Reports that the defect is done. */
export const tellSabotage = (sabotage: Sabotage): void => say(lineOf(sabotage));

/** Whether the stage that wrote this log has reported that the defect is done. */
export const tellsOf = (sabotage: Sabotage, log: string): boolean =>
  log.split('\n').includes(lineOf(sabotage));

const lineOf = (sabotage: Sabotage): string => `${variable} has done it: ${sabotageText(sabotage)}`;

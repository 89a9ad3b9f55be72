/**
 * Sabotage: one defect, planted in our own processes, to show on a live run that the audit finds it. Off
 * unless the environment says so, for tests of nodrop itself: `NODROP_SABOTAGE=KIND:N` concerns message N
 * of producer p0, unless it says otherwise below. It is read once; what it cannot be is wrong usage. When the
 * defect is done a line says so on stderr: one that never came about proves nothing. The run's folder has it noted,
 * and no audit passes the run.
 *
 * Each kind of the store's or of the consumer's is planted below the journal, which then notes, as ever, what
 * was handed to the store.
 *
 *   drop-before-store     the row is left out
 *   double                the row goes into two categories
 *   misroute              the row goes into another category
 *   flip-byte             a bit of the row's payload is turned over
 *   stale-upsert          the row gets the payload of the one before it, or behind it where it is the first
 *   invent                a row of a message that nobody planned goes with it
 *   dead-letter           the row goes among the dead letters
 *   commit-before-store   the group's commit goes first, then the consumer is killed
 *   half-batch            offsets go in, this row and those behind it do not; then the consumer is killed
 *   hole                  the row is to go with the next batch, before which the consumer is killed
 *   delete-after-store    the row vanishes once the database has committed (SQLite alone)
 *   stall                 nothing is stored from the row on, and nobody hears why
 *   drop-dead-letter      dead letter N is left out
 *   skip-to-end           in claim N of a process: it goes on at the topic's end
 *   trust-group           in claim N of a process: it goes on where the group stands, else at the topic's end
 *   off-by-one            in claim N of a process: it goes on one record later, where anything is stored
 *
 * Those of the producer's:
 *
 *   flip-before-send      a bit of its payload is turned over before its record batch gets its checksum
 *   invent-record         a record of a message that nobody planned goes behind its record batch
 *   claim-rejection       the record batch that holds it counts as rejected, though it is written
 *   resend                the record batch that holds it is sent again, as if it were another
 *   claim-ack             the record batch that holds it is not sent, and counts as acked
 *   collide               so too, at the offset of the batch before it in its partition
 *   swap                  the record batch that holds it goes behind the next of its partition
 *   resend-unknown        from its batch on: one in doubt is sent again, as if it were another
 *   replay                a later session begins with message N
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
] as const;

export type SabotageKind = (typeof kinds)[number];

export interface Sabotage {
  kind: SabotageKind;
  /** Of a message, or what the kind says. */
  sequence: number;
}

const variable = 'NODROP_SABOTAGE';

/** For the environment of a stage, or of whoever starts it. */
export const sabotageVariables = (sabotage: Sabotage): Record<string, string> => ({
  [variable]: sabotageText(sabotage),
});

/** Added to the numbers of a message, for one that nobody planned and that stands where nobody sends. */
export const faraway = 1_000_000;

/** Throws `usage` for a value that is no sabotage. */
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

/** As the environment says it. */
export const sabotageText = ({ kind, sequence }: Sabotage): string => `${kind}:${sequence}`;

/** The defect has come about. */
export const tellSabotage = (sabotage: Sabotage): void => say(lineOf(sabotage));

/** Whether a stage that wrote this has said so. */
export const tellsOf = (sabotage: Sabotage, log: string): boolean =>
  log.split('\n').includes(lineOf(sabotage));

const lineOf = (sabotage: Sabotage): string => `${variable} has done it: ${sabotageText(sabotage)}`;

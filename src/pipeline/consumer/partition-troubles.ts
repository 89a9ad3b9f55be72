/**
 * The partitions that cannot be read at the moment. Each is asked again after a pause that grows, and holds up no
 * other. A line on stderr says when one stays unreadable, and when it can be read again.
 */
import { unavailableError } from '../../errors.ts';
import { needs } from '../../kafka/client/permissions.ts';
import { Deadline } from '../../system/deadline.ts';
import { say } from '../../text/say.ts';

/** A leader is missing, or is another one: waiting is all that helps, as long as the other partitions go on. */
const leaderErrors = new Set([
  'FENCED_LEADER_EPOCH',
  'LEADER_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'NOT_LEADER_OR_FOLLOWER',
  'OFFSET_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'UNKNOWN_LEADER_EPOCH',
]);
/** The errors that do not pass by themselves. */
const lastingErrors = new Set([
  'CORRUPT_MESSAGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNSUPPORTED_COMPRESSION_TYPE',
]);

const pauseMsMin = 50;
const pauseMsMax = 250;
/** An election takes less than this. */
const quietMs = 3_000;

interface Trouble {
  error: string;
  /** Ends when the partition may be asked again. */
  pause: Deadline;
  /** Ends when a line has to say so. */
  quiet: Deadline;
  /** Ends when the consumer gives up. */
  limit: Deadline;
  isTold: boolean;
}

export class PartitionTroubles {
  readonly #topic: string;
  readonly #timeoutMs: number;
  readonly #troubles = new Map<number, Trouble>();

  /** `timeoutMs`: how long an error may last that has nothing to do with a leader. */
  constructor(topic: string, timeoutMs: number) {
    this.#topic = topic;
    this.#timeoutMs = timeoutMs;
  }

  /** The latest errors, by partition. */
  get errors(): ReadonlyMap<number, string> {
    return new Map([...this.#troubles].map(([partition, { error }]) => [partition, error]));
  }

  /** Whether the partition must not be asked yet. */
  isPaused(partition: number): boolean {
    return this.#troubles.get(partition)?.pause.hasPassed === false;
  }

  /** `error`: a name of Kafka, or `NETWORK_EXCEPTION`. Throws `unavailable` if waiting does not help. */
  note(
    partition: number,
    offset: number,
    error: string,
    detail = needs(error, 'Read', { topic: this.#topic }),
  ): void {
    const what = `Partition ${partition} of ${this.#topic} cannot be read at ${offset}: ${detail}`;
    if (lastingErrors.has(error)) throw unavailableError(`${what}.`);
    const known = this.#troubles.get(partition);
    const pauseMs = Math.min((known?.pause.timeoutMs ?? pauseMsMin / 2) * 2, pauseMsMax);
    const trouble = {
      error: detail,
      pause: new Deadline(pauseMs),
      quiet: known?.quiet ?? new Deadline(quietMs),
      limit: known?.limit ?? new Deadline(this.#timeoutMs),
      isTold: known?.isTold ?? false,
    };
    this.#troubles.set(partition, trouble);
    if (!leaderErrors.has(error) && trouble.limit.hasPassed)
      throw unavailableError(`${what} for ${this.#timeoutMs} ms.`, {
        hint: 'What was stored stays: consume again to go on.',
      });
    if (trouble.isTold || !trouble.quiet.hasPassed) return;
    trouble.isTold = true;
    say(`nodrop: ${what}. The consumer goes on with the other partitions.`);
  }

  /** To be called when a partition was read, or belongs to this consumer no more. */
  clear(partition: number): void {
    const isTold = this.#troubles.get(partition)?.isTold === true;
    this.#troubles.delete(partition);
    if (isTold) say(`nodrop: Partition ${partition} of ${this.#topic} can be read again.`);
  }
}

/** Defects of a producer, planted on purpose: see sabotage.ts. */
import { none } from '../history.ts';
import type { Addressed, Producer } from '../kafka/produce.ts';
import { decodeRecordBatches } from '../kafka/record-batch.ts';
import type { SendOutcome } from '../kafka/send-outcome.ts';
import { noOrigin, readOrigin } from '../record-headers.ts';
import { tellSabotage, type Sabotage } from './sabotage.ts';

type Sender = Pick<Producer, 'send'>;

export function sabotagedSender(sender: Sender, sabotage: Sabotage): Sender {
  const { kind, sequence } = sabotage;
  if (kind === 'claim-ack' || kind === 'collide') return new Claiming(sender, sabotage);
  if (kind === 'swap') return new Swapping(sender, sabotage);
  if (kind !== 'resend-unknown') return sender;
  return {
    send: async (batches) =>
      await Promise.all(
        batches.map(async (batch) => {
          const isMeant = sequencesOf(batch).some((one) => one >= sequence);
          // The queue seals what it is given in place: what goes out again has to be as it was.
          const again = { ...batch, bytes: Buffer.from(batch.bytes) };
          const [outcome] = await sender.send([batch]);
          if (!isMeant || outcome!.outcome !== 'unknown') return outcome!;
          tellSabotage(sabotage);
          return (await sender.send([again]))[0]!;
        }),
      ),
  };
}

function sequencesOf({ bytes }: Addressed): number[] {
  const origin = noOrigin();
  return [...decodeRecordBatches(bytes)].flatMap((batch) =>
    [...batch.offset.keys()].map((record) => {
      readOrigin(batch, record, origin);
      return origin.sequence;
    }),
  );
}

const indexOfMessage = (batches: readonly Addressed[], sequence: number): number =>
  batches.findIndex((batch) => sequencesOf(batch).includes(sequence));

/** One batch is not sent, and counts as acked: nobody knows where, or where another one is. */
class Claiming implements Sender {
  readonly #sender: Sender;
  readonly #sabotage: Sabotage;
  /** By partition. */
  readonly #lastAcked = new Map<number, number>();

  constructor(sender: Sender, sabotage: Sabotage) {
    this.#sender = sender;
    this.#sabotage = sabotage;
  }

  async send(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    const unsent = indexOfMessage(batches, this.#sabotage.sequence);
    if (unsent === -1) return await this.#sendAll(batches);
    const outcomes = await this.#sendAll(batches.filter((_, index) => index !== unsent));
    const isCollision = this.#sabotage.kind === 'collide';
    const baseOffset = isCollision ? this.#lastAcked.get(batches[unsent]!.partition) : none;
    if (baseOffset === undefined)
      return outcomes.toSpliced(unsent, 0, ...(await this.#sendAll([batches[unsent]!])));
    tellSabotage(this.#sabotage);
    return outcomes.toSpliced(unsent, 0, { outcome: 'acked', baseOffset });
  }

  async #sendAll(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    const outcomes = await this.#sender.send(batches);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.outcome === 'acked') this.#lastAcked.set(batches[index]!.partition, outcome.baseOffset);
    }
    return outcomes;
  }
}

/** One batch is held back until the next of its partition has been handed in. */
class Swapping implements Sender {
  readonly #sender: Sender;
  readonly #sabotage: Sabotage;
  #held: { partition: number; release: () => void } | undefined;

  constructor(sender: Sender, sabotage: Sabotage) {
    this.#sender = sender;
    this.#sabotage = sabotage;
  }

  async send(batches: readonly Addressed[]): Promise<SendOutcome[]> {
    const late = indexOfMessage(batches, this.#sabotage.sequence);
    if (late === -1) {
      const sending = this.#sender.send(batches);
      if (batches.some(({ partition }) => partition === this.#held?.partition)) this.#held!.release();
      return await sending;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = { partition: batches[late]!.partition, release: resolve };
    const sending = this.#sender.send(batches.filter((_, index) => index !== late));
    await promise;
    this.#held = undefined;
    tellSabotage(this.#sabotage);
    const [outcome] = await this.#sender.send([batches[late]!]);
    return (await sending).toSpliced(late, 0, outcome!);
  }
}

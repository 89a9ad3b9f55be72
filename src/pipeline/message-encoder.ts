/** Messages into the record batches of their partitions, with nodrop's headers and no object for each. */
import { compatibilityPartitioner } from '@platformatic/kafka';
import { DigestedMessage, digestDigits, type Origin } from '../digest.ts';
import { writeDecimal } from '../digits.ts';
import { encodeHeaders, type RecordHeader } from '../kafka/record-batch-encoder.ts';
import { MessageTemplate } from '../message-template.ts';
import { headerNames } from '../record-headers.ts';
import { customersCount, producerName, Workload, type Draw, type WorkloadOptions } from '../workload.ts';
import type { PartitionShare } from './partition-share.ts';

export interface MessageEncoderOptions extends WorkloadOptions {
  run: string;
  producer: number;
  session: number;
  partitions: number;
}

/** What messages share whose state is one and whose sequences have as many digits. */
interface Shape {
  message: DigestedMessage;
  template: MessageTemplate;
  headers: Buffer;
  sequencePlace: number;
  digestPlace: number;
}

const digitsMax = 10;

export class MessageEncoder {
  readonly #options: MessageEncoderOptions;
  readonly #workload: Workload;
  readonly #partitionOf: Int32Array;
  /** By state and count of digits. */
  readonly #shapes: (Shape | undefined)[] = [];
  readonly #draw: Draw;

  constructor(options: MessageEncoderOptions) {
    this.#options = options;
    this.#workload = new Workload(options);
    this.#draw = this.#workload.draw(options.producer, 0);
    // Java's own choice for a key, so that other producers of that topic agree.
    this.#partitionOf = Int32Array.from({ length: customersCount }, (_, customer) => {
      const key = Buffer.from(this.#workload.keyOf({ ...this.#draw, customer }));
      return compatibilityPartitioner(undefined as never, key) % options.partitions;
    });
  }

  /** `shares` by partition. `timeOf`: the time of a record, in whole ms since the epoch. */
  encode(
    first: number,
    count: number,
    timeOf: (sequence: number) => number,
    shares: readonly PartitionShare[],
  ): void {
    const draw = this.#draw;
    for (const share of shares) share.begin();
    for (let sequence = first; sequence < first + count; sequence++) {
      this.#workload.draw(this.#options.producer, sequence, draw);
      const { template, message, headers, sequencePlace, digestPlace } = this.#shapeOf(draw.state, sequence);
      const { key, payload, sequence: digits } = message;
      template.fill(sequence, draw);
      writeDecimal(digits, 0, digits.length, sequence);
      headers.set(digits, sequencePlace);
      message.digestTo(headers, digestPlace);
      const share = shares[this.#partitionOf[draw.customer]!]!;
      share.add(sequence, timeOf(sequence), key, payload, headers);
    }
  }

  #shapeOf(state: number, sequence: number): Shape {
    const index = state * digitsMax + digitsOf(sequence) - 1;
    return (this.#shapes[index] ??= this.#newShape(state, sequence));
  }

  #newShape(state: number, sequence: number): Shape {
    const { run, producer, session, states, stateHeader } = this.#options;
    const origin: Origin = { run, producer: producerName(producer), session, sequence };
    let message: DigestedMessage | undefined;
    const template = new MessageTemplate(
      this.#workload,
      producer,
      state,
      sequence,
      (keyBytes, payloadBytes) => (message = new DigestedMessage(keyBytes, payloadBytes, origin)),
    );
    const headers: RecordHeader[] = [
      [headerNames.run, Buffer.from(run)],
      [headerNames.producer, Buffer.from(origin.producer)],
      [headerNames.session, Buffer.from(String(session))],
      [headerNames.sequence, Buffer.from(String(sequence))],
      [headerNames.digest, Buffer.alloc(digestDigits)],
    ];
    if (stateHeader !== undefined) headers.push([stateHeader, Buffer.from(states[state]!.name)]);
    const placeOf = (header: number): number =>
      encodeHeaders(headers.slice(0, header + 1)).length - headers[header]![1]!.length;
    return {
      message: message!,
      template,
      headers: encodeHeaders(headers),
      sequencePlace: placeOf(3),
      digestPlace: placeOf(4),
    };
  }
}

function digitsOf(sequence: number): number {
  let digits = 1;
  for (let limit = 10; sequence >= limit; limit *= 10) digits++;
  return digits;
}

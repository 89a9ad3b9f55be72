/** Encodes messages into the record batches of their partitions, with nodrop's headers and no object for each. */
import { compatibilityPartitioner } from '@platformatic/kafka';
import { digestDigits, writeDigest, type DigestedMessage } from '../../workload/digest.ts';
import { encodeHeaders, type RecordHeader } from '../../kafka/record-batch/record-batch-encoder.ts';
import { headerNames } from '../../workload/record-headers.ts';
import { SentMessages } from '../../workload/sent-messages.ts';
import { customersCount, producerName, Workload, type WorkloadOptions } from '../../workload/workload.ts';
import type { PartitionShare } from '../../kafka/produce/partition-share.ts';

export interface MessageEncoderOptions extends WorkloadOptions {
  run: string;
  producer: number;
  session: number;
  partitions: number;
}

/** The headers of messages that share a shape, and the positions of the parts that differ for each message. */
interface Headers {
  bytes: Buffer;
  sequencePlace: number;
  digestPlace: number;
}

export class MessageEncoder {
  readonly #options: MessageEncoderOptions;
  readonly #messages: SentMessages;
  readonly #partitionOf: Int32Array;
  /** Keyed by the memory that messages of one shape share. */
  readonly #headers = new Map<DigestedMessage, Headers>();

  constructor(options: MessageEncoderOptions) {
    this.#options = options;
    const workload = new Workload(options);
    this.#messages = new SentMessages(workload, options);
    // The partitioner of the Java client, so that other producers of the topic choose the same partition for a key.
    this.#partitionOf = Int32Array.from({ length: customersCount }, (_, customer) => {
      const key = Buffer.from(workload.keyOf({ ...this.#messages.draw, customer }));
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
    for (const share of shares) share.begin();
    for (let sequence = first; sequence < first + count; sequence++) {
      const message = this.#messages.message(sequence);
      const { bytes, sequencePlace, digestPlace } = this.#headersOf(message, sequence);
      bytes.set(message.sequence, sequencePlace);
      writeDigest(bytes, digestPlace, message.digest);
      const share = shares[this.#partitionOf[this.#messages.draw.customer]!]!;
      share.add(sequence, timeOf(sequence), message.key, message.payload, bytes);
    }
  }

  #headersOf(message: DigestedMessage, sequence: number): Headers {
    let headers = this.#headers.get(message);
    if (headers === undefined) this.#headers.set(message, (headers = this.#newHeaders(sequence)));
    return headers;
  }

  #newHeaders(sequence: number): Headers {
    const { run, producer, session, states, stateHeader } = this.#options;
    const headers: RecordHeader[] = [
      [headerNames.run, Buffer.from(run)],
      [headerNames.producer, Buffer.from(producerName(producer))],
      [headerNames.session, Buffer.from(String(session))],
      [headerNames.sequence, Buffer.from(String(sequence))],
      [headerNames.digest, Buffer.alloc(digestDigits)],
    ];
    const { state } = this.#messages.draw;
    if (stateHeader !== undefined) headers.push([stateHeader, Buffer.from(states[state]!.name)]);
    const placeOf = (header: number): number =>
      encodeHeaders(headers.slice(0, header + 1)).length - headers[header]![1]!.length;
    return { bytes: encodeHeaders(headers), sequencePlace: placeOf(3), digestPlace: placeOf(4) };
  }
}

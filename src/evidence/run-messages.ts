/**
 * The messages of a run as the audit counts them: those of the plan by arithmetic, and whatever else bears
 * the run's id by a map. What each was to be comes from the workload alone.
 */
import { untold, type MessageName, type Messages } from '../history.ts';
import { digestOf, type Origin } from '../digest.ts';
import type { Manifest } from '../run-folder.ts';
import { messageId, parseMessageId, producerName, Workload } from '../workload.ts';

/** The content of a message that is right in every respect. Others get numbers above it. */
const rightContent = 1;

export interface ExpectedMessage {
  origin: Origin;
  keyText: string;
  key: Buffer;
  payload: Buffer;
  digest: bigint;
}

export class RunMessages implements Messages {
  readonly plannedCount: number;
  readonly #manifest: Manifest;
  readonly #workload: Workload;
  /** The first index of each producer. */
  readonly #bases: number[] = [];
  readonly #others = new Map<string, number>();
  readonly #otherNames: MessageName[] = [];
  readonly #contents = new Map<string, number>();
  readonly #keyBytes = Buffer.alloc(64);
  /** One for all: an audit of millions would make garbage of each. */
  readonly #expected: ExpectedMessage;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
    this.#workload = new Workload(manifest);
    this.#expected = {
      origin: { run: manifest.id, producer: '', session: 0, sequence: 0 },
      keyText: '',
      key: this.#keyBytes,
      payload: Buffer.alloc(manifest.payloadBytes),
      digest: 0n,
    };
    let planned = 0;
    for (let producer = 0; manifest.producers[producerName(producer)] !== undefined; producer++) {
      this.#bases.push(planned);
      planned += manifest.producers[producerName(producer)]!;
    }
    this.plannedCount = planned;
  }

  get count(): number {
    return this.plannedCount + this.#otherNames.length;
  }

  isPlanned(message: number): boolean {
    return message < this.plannedCount;
  }

  /** The index of what a producer's sequence names; a new one where the plan does not know it. */
  indexOf(producer: number, sequence: number): number {
    const planned = this.#manifest.producers[producerName(producer)];
    if (planned !== undefined && sequence < planned) return this.#bases[producer]! + sequence;
    return this.other({ id: messageId(producer, sequence), producer: producerName(producer), sequence });
  }

  /** The index of an id; of any text that is none, a new one. */
  indexOfId(id: string): number {
    const named = parseMessageId(id);
    return named === undefined ? this.other({ id }) : this.indexOf(named.producer, named.sequence);
  }

  /** The index of a message that bears the run's id but stands outside the plan. */
  other(name: MessageName): number {
    const known = this.#others.get(name.id);
    if (known !== undefined) return known;
    const index = this.count;
    this.#others.set(name.id, index);
    this.#otherNames.push(name);
    return index;
  }

  expectedCategory(message: number): number | undefined {
    if (!this.isPlanned(message)) return undefined;
    const { producer, sequence } = this.#locate(message);
    return this.#workload.stateOf(producer, sequence);
  }

  expectedContent(message: number): number {
    return this.isPlanned(message) ? rightContent : untold;
  }

  name(message: number): MessageName {
    if (!this.isPlanned(message)) return this.#otherNames[message - this.plannedCount]!;
    const { producer, sequence } = this.#locate(message);
    const state = this.#manifest.states[this.#workload.stateOf(producer, sequence)]!.name;
    return { id: messageId(producer, sequence), producer: producerName(producer), sequence, state };
  }

  /** What a planned message was to be, and its digest if this session sent it. Valid until the next call. */
  expected(message: number, session: number): ExpectedMessage | undefined {
    if (!this.isPlanned(message)) return undefined;
    const { producer, sequence } = this.#locate(message);
    const { key, payload } = this.#workload.message(producer, sequence);
    const expected = this.#expected;
    expected.origin.producer = producerName(producer);
    expected.origin.session = session;
    expected.origin.sequence = sequence;
    expected.keyText = key;
    expected.key = this.#keyBytes.subarray(0, this.#keyBytes.write(key, 'latin1'));
    // Every payload of a run has this length.
    expected.payload.write(payload, 'latin1');
    expected.digest = digestOf(expected.key, expected.payload, expected.origin);
    return expected;
  }

  /** The number of a content: `right` where nothing differs, else one for each way to be wrong. */
  contentOf(differences: string): number {
    if (differences === '') return rightContent;
    const known = this.#contents.get(differences);
    if (known !== undefined) return known;
    const content = rightContent + 1 + this.#contents.size;
    this.#contents.set(differences, content);
    return content;
  }

  #locate(message: number): { producer: number; sequence: number } {
    let producer = this.#bases.length - 1;
    while (this.#bases[producer]! > message) producer -= 1;
    return { producer, sequence: message - this.#bases[producer]! };
  }
}

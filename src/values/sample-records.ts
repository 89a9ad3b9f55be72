/** Looks at a few records of a topic: which kinds of values they have at some places. */
import type { Cluster } from '../kafka/client/cluster.ts';
import { readLog, type ReadRange } from '../kafka/fetch/log-read.ts';
import type { RecordBatch } from '../kafka/record-batch/record-batch.ts';
import { unavailableError } from '../errors.ts';
import type { Deadline } from '../system/deadline.ts';
import type { JsonKind } from './json-values.ts';
import type { ValuePlace } from './value-place.ts';
import { RecordValues } from './record-values.ts';
import type { ValueKind } from './value-batch.ts';

/** How many records of each partition are looked at, from the begin of its range. */
const sampledMax = 200;

/** Calls `look` with records from the begin of each range. */
export async function sampleRecords(
  cluster: Cluster,
  topicName: string,
  ranges: readonly ReadRange[],
  deadline: Deadline,
  look: (batch: RecordBatch, i: number) => void,
): Promise<void> {
  const topic = await cluster.metadataAgain(topicName, deadline);
  if (topic === undefined) throw unavailableError(`Topic ${topicName} is gone.`);
  const few = ranges.map(({ partition, start, end }) => ({
    partition,
    start,
    end: Math.min(end, start + sampledMax),
  }));
  await readLog(cluster, topic, few, deadline, (_, batch, from, to) => {
    if (batch.isControl) return;
    for (let i = from; i < to; i++) look(batch, i);
  });
}

/** Finds the kinds of values at places of records. A place of JSON with values of several kinds is `json`. */
export class KindsOfRecords {
  readonly #places: readonly ValuePlace[];
  readonly #values: RecordValues;
  readonly #seen: Set<JsonKind>[];

  constructor(places: readonly ValuePlace[], values: RecordValues) {
    this.#places = places;
    this.#values = values;
    this.#seen = places.map(() => new Set());
  }

  look(batch: RecordBatch, i: number): void {
    if (!this.#places.some(({ kind }) => kind === 'json') || batch.valueStart[i]! < 0) return;
    this.#values.of(batch, i);
    for (const [index, { kind }] of this.#places.entries()) {
      if (kind === 'json') this.#seen[index]!.add(this.#values.jsonKindOf(index));
    }
  }

  kinds(): ValueKind[] {
    return this.#places.map(({ kind }, index) => {
      if (kind === 'digest') return 'bytes';
      if (kind !== 'json') return 'text';
      return kindOf(this.#seen[index]!);
    });
  }
}

/** The kind that all values of a document's place have. */
export function kindOf(seen: ReadonlySet<JsonKind>): ValueKind {
  const told = [...seen].filter((kind) => kind !== 'absent' && kind !== 'null');
  const [only] = told;
  return told.length === 1 && only !== 'structure' && only !== undefined ? only : 'json';
}

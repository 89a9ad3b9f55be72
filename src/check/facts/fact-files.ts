/** The files of facts of a check, opened for reading. */
import { lastLooks, recordsFile, type CheckRecord } from '../check-record.ts';
import { LetterPlaces } from '../dead-letters/letter-places.ts';
import type { FactShape } from './fact-format.ts';
import { BucketFacts, ChunkReader } from './fact-reader.ts';

export class FactFiles implements Disposable {
  readonly records: HopFiles;
  /** What came to the topics after the range. */
  readonly later: HopFiles;
  /** By sink, the last look first: it counts, and the one before only shows that a row was there. */
  readonly sinks: readonly (readonly HopFiles[])[];
  readonly letters: { places: LetterPlaces; facts: HopFiles } | undefined;
  /** By sink: the places of the dead letters that the sink itself tells. */
  readonly #told: readonly LetterPlaces[];
  readonly #shape: FactShape;

  constructor(path: string, { shape, later, sinks, deadLetters }: CheckRecord) {
    this.#shape = shape;
    this.#told = sinks.map(({ looks }) => LetterPlaces.of(looks.at(-1)!.letters));
    this.records = new HopFiles(path, recordsFile, shape);
    this.later = new HopFiles(path, later.file, shape);
    this.sinks = sinks.map(({ looks }) =>
      lastLooks(looks).map(({ file }) => new HopFiles(path, file, shape)),
    );
    if (deadLetters === undefined) return;
    const { file } = deadLetters.letters;
    this.letters = {
      places: LetterPlaces.read(`${path}/${file}.places`),
      facts: new HopFiles(path, file, shape),
    };
  }

  /** Whether the record at this place has a dead letter, wherever it is told. */
  hasLetter(partition: number, offset: number): boolean {
    return [this.letters?.places, ...this.#told].some((places) => places?.has(partition, offset) === true);
  }

  /** What is known of dead letters beside the rows of a sink. */
  lettersOf(
    sink: number,
    bucket: number,
    only: Uint32Array | undefined,
  ): { places: readonly LetterPlaces[]; facts: BucketFacts } | undefined {
    const told = this.#told[sink]!;
    if (this.letters === undefined && told.count === 0) return undefined;
    const none = Buffer.alloc(0);
    return {
      places: [...(this.letters === undefined ? [] : [this.letters.places]), told],
      facts: this.letters?.facts.read(bucket, only) ?? new BucketFacts(none, this.#shape, () => none),
    };
  }

  [Symbol.dispose](): void {
    for (const hop of [this.records, this.later, ...this.sinks.flat(), this.letters?.facts]) hop?.close();
  }
}

/** Both files of a hop. */
export class HopFiles implements Disposable {
  readonly #facts: ChunkReader;
  readonly #ids: ChunkReader;
  readonly #shape: FactShape;

  constructor(path: string, file: string, shape: FactShape) {
    this.#shape = shape;
    this.#facts = new ChunkReader(`${path}/${file}.facts`, shape.buckets);
    this.#ids = new ChunkReader(`${path}/${file}.ids`, shape.buckets);
  }

  /** The facts of a bucket; those of one id, if that is given. */
  read(bucket: number, only?: Uint32Array): BucketFacts {
    const facts = new BucketFacts(this.#facts.read(bucket), this.#shape, () => this.#ids.read(bucket));
    return only === undefined ? facts : facts.withId(only);
  }

  close(): void {
    this.#facts.close();
    this.#ids.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

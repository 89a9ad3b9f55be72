import {
  examplesMax,
  findingKinds,
  type Blame,
  type Cause,
  type Example,
  type Finding,
  type SingleFinding,
} from '../../result/verdict.ts';
import type { Charge } from './charge.ts';

const blames: readonly Blame[] = ['producer', 'broker', 'consumer', 'store', 'unknown'];

type Named = Pick<Example, 'topic' | 'partition' | 'offset'>;

interface Entry extends Finding {
  /** For charges whose cause all the evidence decides: the partitions of each, by their text. */
  readonly maybeOvercommitted: Map<string, readonly number[]>;
  /** Whether it has a charge whose cause is decided. */
  isDecided: boolean;
}

export interface FindingsOptions {
  /** The examples are the first by place, then by id, and not the first that come. */
  byPlace?: boolean;
  onFinding?: (finding: SingleFinding) => void;
  /** Whether a finding follows from another, and so does not count. */
  isConsequence?: (finding: SingleFinding) => boolean;
}

/** Collects charges into findings: one for each kind and blame, with a count and the first examples. */
export class Findings {
  readonly #byPlace: boolean;
  readonly #onFinding: FindingsOptions['onFinding'];
  readonly #isConsequence: FindingsOptions['isConsequence'];
  readonly #entries = new Map<string, Entry>();

  constructor({ byPlace = false, onFinding, isConsequence }: FindingsOptions) {
    this.#byPlace = byPlace;
    this.#onFinding = onFinding;
    this.#isConsequence = isConsequence;
  }

  /** Calls `exampleOf` only if the example is used. `at` is its place. */
  add(charge: Charge, at: Named | undefined, exampleOf: () => Example): void {
    const { kind, blame, cause } = charge;
    if (this.#isConsequence?.({ kind, blame, ...exampleOf() }) === true) return;
    const key = `${kind} ${blame}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const decision = { maybeOvercommitted: new Map(), isDecided: false };
      entry = { kind, blame, count: 0, examples: [], ...decision };
      this.#entries.set(key, entry);
    }
    noteCause(entry, charge);
    entry.count += 1;
    const isUsed = this.#isExample(entry, at);
    if (!isUsed && this.#onFinding === undefined) return;
    const example = exampleOf();
    if (isUsed) this.#keep(entry, example);
    this.#onFinding?.({ kind, blame, ...(cause !== undefined && { cause }), ...example });
  }

  /**
   * The findings in the order of the kinds, then of the hops. `isOvercommitted` says of a partition in which messages are
   * lost whether its consumer commits before it writes.
   */
  list(isOvercommitted: (partition: number) => boolean): Finding[] {
    const rank = ({ kind, blame }: Finding): number =>
      findingKinds.indexOf(kind) * blames.length + blames.indexOf(blame);
    return [...this.#entries.values()]
      .map((entry) => decided(entry, isOvercommitted))
      .sort((a, b) => rank(a) - rank(b));
  }

  #isExample({ examples }: Entry, at: Named | undefined): boolean {
    if (examples.length < examplesMax) return true;
    return this.#byPlace && comparePlaces(at ?? {}, examples.at(-1)!) <= 0;
  }

  #keep({ examples }: Entry, example: Example): void {
    if (!this.#byPlace) {
      examples.push(example);
      return;
    }
    const next = examples.findIndex((other) => compareExamples(example, other) < 0);
    examples.splice(next === -1 ? examples.length : next, 0, example);
    if (examples.length > examplesMax) examples.pop();
  }
}

/** A finding has a cause only if all its messages have that cause. */
function noteCause(entry: Entry, { cause, maybeOvercommitted }: Charge): void {
  if (maybeOvercommitted !== undefined) {
    entry.maybeOvercommitted.set(maybeOvercommitted.join(), maybeOvercommitted);
    return;
  }
  if (!entry.isDecided && cause !== undefined) entry.cause = cause;
  if (entry.cause !== cause) delete entry.cause;
  entry.isDecided = true;
}

function decided(
  { maybeOvercommitted, isDecided, cause, ...finding }: Entry,
  isOvercommitted: (partition: number) => boolean,
): Finding {
  const causes = new Set<Cause | undefined>(isDecided ? [cause] : []);
  for (const partitions of maybeOvercommitted.values())
    causes.add(partitions.some(isOvercommitted) ? 'commit-before-write' : undefined);
  const [only] = causes;
  return { ...finding, ...(causes.size === 1 && only !== undefined && { cause: only }) };
}

const compareExamples = (a: Example, b: Example): number =>
  comparePlaces(a, b) || compare(a.id ?? '', b.id ?? '');

/** Examples without a place come last. */
const comparePlaces = (a: Named, b: Named): number =>
  Number(a.partition === undefined) - Number(b.partition === undefined) ||
  compare(a.topic ?? '', b.topic ?? '') ||
  compare(a.partition ?? 0, b.partition ?? 0) ||
  compare(a.offset ?? 0, b.offset ?? 0);

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

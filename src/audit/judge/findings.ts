import type { Messages } from '../evidence.ts';
import {
  examplesMax,
  findingKinds,
  type Blame,
  type Example,
  type Finding,
  type SingleFinding,
} from '../../result/verdict.ts';
import type { Charge } from './charge.ts';
import type { Partitions } from './partitions.ts';
import type { Subject } from './subject.ts';
import { hasPlace } from './trail.ts';

const blames: readonly Blame[] = ['producer', 'broker', 'consumer', 'store', 'unknown'];

/** Collects charges into findings: one for each kind and blame, with a count and the first examples. */
export class Findings {
  readonly #messages: Messages;
  readonly #partitions: Partitions;
  readonly #findings = new Map<string, Finding>();

  readonly #onFinding: ((finding: SingleFinding) => void) | undefined;

  constructor(messages: Messages, partitions: Partitions, onFinding?: (finding: SingleFinding) => void) {
    this.#messages = messages;
    this.#partitions = partitions;
    this.#onFinding = onFinding;
  }

  add({ message, acks, records, rows }: Subject, charge: Charge): void {
    const place = acks[0] ?? records[0] ?? rows.find(hasPlace);
    this.addExample(charge, () => ({
      ...this.#messages.name(message),
      ...(place && this.#partitions.of(place.partition).place(place.offset)),
      ...(charge.detail !== undefined && { detail: charge.detail }),
    }));
  }

  /** Calls `exampleOf` only if the example is used. */
  addExample({ kind, blame, cause }: Omit<Charge, 'detail'>, exampleOf: () => Example): void {
    const key = `${kind} ${blame}`;
    let finding = this.#findings.get(key);
    if (finding === undefined) {
      finding = { kind, blame, count: 0, examples: [], ...(cause !== undefined && { cause }) };
      this.#findings.set(key, finding);
    }
    // A finding has a cause only if all its messages have that cause.
    if (finding.cause !== cause) delete finding.cause;
    finding.count += 1;
    if (finding.examples.length === examplesMax && this.#onFinding === undefined) return;
    const example = exampleOf();
    if (finding.examples.length < examplesMax) finding.examples.push(example);
    this.#onFinding?.({ kind, blame, ...(cause !== undefined && { cause }), ...example });
  }

  /** The findings in the order of the kinds, then of the hops. */
  list(): Finding[] {
    const rank = ({ kind, blame }: Finding): number =>
      findingKinds.indexOf(kind) * blames.length + blames.indexOf(blame);
    return [...this.#findings.values()].sort((a, b) => rank(a) - rank(b));
  }
}

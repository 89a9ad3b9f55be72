import type { Messages } from '../history.ts';
import { examplesMax, findingKinds, type Blame, type Finding } from '../verdict.ts';
import type { Charge } from './opinion.ts';
import type { Subject } from './subject.ts';

const blames: readonly Blame[] = ['producer', 'broker', 'consumer', 'store', 'unknown'];

/** Collects charges into findings: one for each kind and blame, with a count and the first examples. */
export class Findings {
  readonly #messages: Messages;
  readonly #findings = new Map<string, Finding>();

  constructor(messages: Messages) {
    this.#messages = messages;
  }

  add({ message, acks, records, rows }: Subject, { kind, blame, cause, detail }: Charge): void {
    const key = `${kind} ${blame}`;
    let finding = this.#findings.get(key);
    if (finding === undefined) {
      finding = { kind, blame, count: 0, examples: [], ...(cause !== undefined && { cause }) };
      this.#findings.set(key, finding);
    }
    // A cause is named only where it is that of every message concerned.
    if (finding.cause !== cause) delete finding.cause;
    finding.count += 1;
    if (finding.examples.length === examplesMax) return;
    const place = acks[0] ?? records[0] ?? rows.find(({ offset }) => offset >= 0);
    finding.examples.push({
      ...this.#messages.name(message),
      ...(place && { partition: place.partition, offset: place.offset }),
      ...(detail !== undefined && { detail }),
    });
  }

  /** In the order of the kinds, then of the hops. */
  list(): Finding[] {
    const rank = ({ kind, blame }: Finding): number =>
      findingKinds.indexOf(kind) * blames.length + blames.indexOf(blame);
    return [...this.#findings.values()].sort((a, b) => rank(a) - rank(b));
  }
}

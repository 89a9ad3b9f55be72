/** Whether a check looks again: what is wrong must be so in two looks, one after the other. */
import xxhash from 'xxhash-wasm';
import type { SingleFinding } from '../result/verdict.ts';
import type { CheckRecord } from './check-record.ts';
import type { JudgedFacts } from './judge-facts.ts';

const hasher = await xxhash();

/**
 * Whether the sink may only have been late, or was changing. What the topic shows by itself does not change. In a sink
 * that may have removed rows, a late one is no finding, but is not judged.
 */
export const isSuspect = ({ audit, tallies }: JudgedFacts, { sinks }: CheckRecord): boolean =>
  tallies.some(({ vanished }) => vanished > 0) ||
  audit.findings.some(({ blame }) => blame !== 'producer' && blame !== 'broker') ||
  (audit.acknowledged.unjudged > 0 && sinks.some(({ looks }) => looks.at(-1)!.holes.length > 0));

/** All findings of a look in one number, in any order: the sum of their hashes. */
export class FindingsSum {
  #sum = 0n;

  add(finding: SingleFinding): void {
    this.#sum = BigInt.asUintN(64, this.#sum + hasher.h64(JSON.stringify(finding)));
  }

  get sum(): bigint {
    return this.#sum;
  }
}

/** A look that was judged, with a number that stands for all findings. */
export interface JudgedLook extends JudgedFacts {
  found: FindingsSum;
  /** Why the file of findings is not complete. */
  unwritten: string | undefined;
}

/** What two looks have in common if nothing that counts came, went or changed between them. */
export const standing = ({
  audit,
  tallies,
  found,
}: Pick<JudgedLook, 'audit' | 'tallies' | 'found'>): string =>
  [
    `found ${found.sum}`,
    ...tallies.map(({ vanished }) => `vanished ${vanished}`),
    `unjudged ${audit.acknowledged.unjudged}`,
  ].join(', ');

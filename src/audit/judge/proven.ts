import type { Proof } from './proof.ts';

const names = [
  'ledgerWhole',
  'logWhole',
  'storeWhole',
  'deliveriesWhole',
  'writtenWhole',
  'isEndKnown',
] as const;

/** What the evidence as a whole proves; of several parts, what all of them prove. */
export type Proven = Pick<
  Proof,
  (typeof names)[number] | 'isWrittenKept' | 'topicRecreated' | 'transactions'
>;

/** `before`: what the parts before this one prove. */
export function proven(proof: Proof, before: Proven | undefined): Proven {
  const { isWrittenKept, topicRecreated, transactions } = proof;
  const all = Object.fromEntries(names.map((name) => [name, proof[name] && (before?.[name] ?? true)]));
  return { ...(all as Record<(typeof names)[number], boolean>), isWrittenKept, topicRecreated, transactions };
}

import type { EvidenceState, Finding } from '../../result/verdict.ts';

/** A consumer is charged with these where no journal shows that it had done right. */
const byDefault: readonly Finding['kind'][] = ['lost', 'duplicated', 'misclassified'];

/**
 * Who else it may have been, where a consumer is charged for want of evidence; undefined where it was surely the one
 * that is named. `journal`: left out where nobody knows how much of it there was.
 */
export function blameNote(
  { kind, blame }: Pick<Finding, 'kind' | 'blame'>,
  journal?: EvidenceState,
): string | undefined {
  if (blame !== 'consumer') return undefined;
  if (kind === 'corrupted') return "or the store behind it: the consumer's journal keeps no contents";
  const isOpen = journal === 'missing' && byDefault.includes(kind);
  return isOpen ? "or the store behind it: no consumer's journal tells" : undefined;
}

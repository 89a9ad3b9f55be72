import type { EvidenceState, Finding } from '../../result/verdict.ts';

/** The consumer is blamed for these unless a journal shows that it acted correctly. */
const byDefault: readonly Finding['kind'][] = ['lost', 'stale', 'duplicated', 'misclassified', 'unexpected'];

/**
 * If the consumer is blamed for lack of evidence: who else may have caused the finding. undefined if the blame is
 * certain. `journal`: left out if its state is not known.
 */
export function blameNote(
  { kind, blame }: Pick<Finding, 'kind' | 'blame'>,
  journal?: EvidenceState,
): string | undefined {
  if (blame !== 'consumer') return undefined;
  if (kind === 'corrupted') return "or the store behind it: the consumer's journal records no contents";
  const isOpen = journal === 'missing' && byDefault.includes(kind);
  return isOpen ? "or the store behind it: there is no consumer's journal" : undefined;
}

import type { Result } from '../../result/result.ts';
import type { EvidenceState, Finding } from '../../result/verdict.ts';

/** The consumer is blamed for these unless a journal shows that it acted correctly. */
const byDefault: readonly Finding['kind'][] = ['lost', 'stale', 'duplicated', 'misclassified', 'unexpected'];

/**
 * If the consumer is blamed for lack of evidence: who else may have caused the finding. undefined if the blame is
 * certain. `journal`: left out if its state is not known. `root`: set for a check, which sees no consumer.
 */
export function blameNote(
  { kind, blame }: Pick<Finding, 'kind' | 'blame'>,
  journal?: EvidenceState,
  root?: Result['root'],
): string | undefined {
  if (blame !== 'consumer') return undefined;
  if (root === 'log') return 'which stands for all between topic and sink';
  if (root === 'ledger') return undefined;
  if (kind === 'corrupted') return "or the store behind it: the consumer's journal records no contents";
  const isOpen = journal === 'missing' && byDefault.includes(kind);
  return isOpen ? "or the store behind it: there is no consumer's journal" : undefined;
}

/** Judges a check again from its folder. */
import { audit } from '../audit/judge/audit.ts';
import { noEvidence } from '../audit/run-evidence/run-evidence.ts';
import { FindingsFile } from '../run-folder/findings-file.ts';
import type { Audit } from '../result/verdict.ts';
import { readCheckEvidence } from './check-evidence.ts';
import type { CheckRecord } from './check-record.ts';
import { judgeFacts, type JudgedFacts, type JudgeOptions } from './judge-facts.ts';

export interface JudgedAgain {
  /** undefined if `check.json` is no evidence. */
  record: CheckRecord | undefined;
  audit: Audit;
  /** undefined if evidence is missing: then nothing was judged. */
  tallies: JudgedFacts['tallies'] | undefined;
  /** Why the file of findings is not complete. */
  unwritten: string | undefined;
}

/** `id`: the name of the folder. Writes the findings into the folder again. */
export async function judgeAgain(
  id: string,
  options: Omit<JudgeOptions, 'onFinding' | 'only'>,
): Promise<JudgedAgain> {
  const { path, signal } = options;
  const { record, problems } = await readCheckEvidence(path, signal);
  const findings = new FindingsFile(`${path}/findings.jsonl`);
  try {
    if (record === undefined || problems.length > 0) {
      const missing = await missingAudit(id, problems);
      return { record, audit: missing, tallies: undefined, unwritten: findings.problem };
    }
    const onFinding: JudgeOptions['onFinding'] = (finding) => findings.add(finding);
    const judged = await judgeFacts(record, { ...options, onFinding });
    return { record, ...judged, unwritten: findings.problem };
  } finally {
    findings.close();
  }
}

/** Facts that were changed say nothing, so none of them is judged. */
async function missingAudit(id: string, problems: readonly string[]): Promise<Audit> {
  const judged = await audit({ ...noEvidence(id, problems[0]!), root: 'log' });
  return { ...judged, notChecked: [...problems] };
}

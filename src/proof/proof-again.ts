/** Judges a run of a user's pipeline again from its folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckEvidence } from '../check/check-evidence.ts';
import type { CheckRecord } from '../check/check-record.ts';
import { judgeFacts } from '../check/judge-facts.ts';
import { messageOf } from '../errors.ts';
import type { Cause, SingleFinding } from '../result/verdict.ts';
import { checkSeal } from '../run-folder/seal.ts';
import { regularFile } from '../system/regular-file.ts';
import { judgeDestinations, type Judgeable } from './judge-destinations.ts';
import { proofFile, proofSchema, type ProofRecord } from './proof-record.ts';
import type { ProvenDestination } from './proof-result.ts';

export interface ProofEvidence {
  /** undefined if `pipeline.json` is no evidence. */
  proof: ProofRecord | undefined;
  /** In the order of the pipeline. */
  records: readonly CheckRecord[];
  /** What is missing, in sentences that name the file. Empty: the run can be judged. */
  problems: string[];
}

/** The folder of a destination in the folder of its run. */
export const destinationPath = (path: string, name: string): string => join(path, 'destinations', name);

/** `path`: the run's folder. Compares all files with their seals and sums. */
export async function readProofEvidence(path: string, signal?: AbortSignal): Promise<ProofEvidence> {
  const proof = await readProof(join(path, proofFile));
  if (typeof proof === 'string') return { proof: undefined, records: [], problems: [proof] };
  const records: CheckRecord[] = [];
  const problems: string[] = [];
  for (const { name } of proof.destinations) {
    const found = await readCheckEvidence(destinationPath(path, name), signal);
    problems.push(...found.problems.map((problem) => `${name}: ${problem}`));
    if (found.record !== undefined) records.push(found.record);
  }
  return { proof, records, problems };
}

export async function judgeProofAgain(
  path: string,
  { proof, records }: { proof: ProofRecord; records: readonly CheckRecord[] },
  options: {
    allowed: readonly Cause[];
    /** Judges the id with this hash alone. */
    only?: Uint32Array;
    onFinding: (finding: SingleFinding) => void;
    signal?: AbortSignal;
  },
): Promise<ProvenDestination[]> {
  const { allowed, only, onFinding, signal } = options;
  const checks = proof.destinations.map((destination, index): Judgeable => {
    const record = records[index]!;
    const own = destinationPath(path, destination.name);
    return {
      destination,
      judge: (hooks) => judgeFacts(record, { ...hooks, path: own, signal, ...(only && { only }) }),
    };
  });
  const judged = await judgeDestinations(checks, allowed, onFinding);
  return judged.map((facts, index) => ({ record: records[index]!, facts }));
}

/** The record, or a sentence on why it cannot be used. */
async function readProof(path: string): Promise<ProofRecord | string> {
  try {
    const text = readFileSync(regularFile(path), 'utf8');
    const seal = await checkSeal(path);
    if (seal === 'none') return `${proofFile} has no seal: the run was killed, or the seal was removed.`;
    if (seal === 'broken') return `${proofFile} was changed after it was sealed.`;
    return proofSchema.parse(JSON.parse(text));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return `${proofFile} is missing.`;
    return `${proofFile} cannot be read: ${messageOf(error)}.`;
  }
}

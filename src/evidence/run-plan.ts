/**
 * How many messages a run was to have. Where it was to send for a time, nobody knew it before; then each
 * producer's own ledger tells, if it was closed and sealed: its intents, and neither the log nor the store.
 */
import { messageOf } from '../errors.ts';
import { readFrames, parseJsonFrame, type FrameState } from '../frames.ts';
import type { Evidence } from '../history.ts';
import { frameTypes, ledgerFilePattern, type ClosingReason } from '../ledger/ledger-format.ts';
import type { Manifest, RunFolder } from '../run-folder.ts';
import { checkSeal } from '../seal.ts';
import { producerName } from '../workload.ts';

export interface RunPlan {
  /** With the number of messages of each producer, as far as it is known. */
  manifest: Manifest;
  plan: Evidence['plan'];
}

export async function planOf(folder: RunFolder, manifest: Manifest): Promise<RunPlan> {
  if (manifest.durationMs === undefined) return { manifest, plan: { whole: true } };
  const producers = Object.fromEntries(Object.keys(manifest.producers).map((name) => [name, 0]));
  const told = new Set<string>();
  const problems: string[] = [];
  for (const name of folder.list(ledgerFilePattern)) {
    const producer = producerName(Number(ledgerFilePattern.exec(name)![1]));
    if (producers[producer] === undefined) continue;
    const countMax = manifest.producers[producer]!;
    const { count, problem } = await readCount(folder.file(name), countMax);
    producers[producer] = Math.max(producers[producer], Math.min(count, countMax));
    if (problem === undefined) told.add(producer);
    else problems.push(`${name} ${problem}`);
  }
  const untold = Object.keys(producers).filter((producer) => !told.has(producer));
  if (untold.length === 0) return { manifest: { ...manifest, producers }, plan: { whole: true } };
  const why = problems.length === 0 ? `there is no ledger of ${untold.join(', ')}` : problems.join('; ');
  const problem = `how many messages there were is not known: ${why}`;
  return { manifest: { ...manifest, producers }, plan: { whole: false, problem } };
}

/** How many messages a ledger intended, and why that may not be all. */
async function readCount(path: string, countMax: number): Promise<{ count: number; problem?: string }> {
  let count = 0;
  let closed: ClosingReason | undefined;
  const state: FrameState = { torn: false };
  try {
    const seal = await checkSeal(path);
    if (seal === 'broken') return { count, problem: 'was changed after it was sealed' };
    for (const body of readFrames(path, state)) {
      const type = body.readUInt8(0);
      if (type === frameTypes.intent) count = Math.max(count, body.readUInt32LE(1) + body.readUInt32LE(5));
      if (type === frameTypes.closing) closed = (parseJsonFrame(body) as { reason: ClosingReason }).reason;
    }
    if (seal === 'none') return { count, problem: 'was not sealed: its producer was killed' };
  } catch (error) {
    return { count, problem: `cannot be read: ${messageOf(error)}` };
  }
  if (state.torn || state.damage !== undefined) return { count, problem: state.damage ?? 'is cut short' };
  if (closed === undefined) return { count, problem: 'was not closed' };
  if (count > countMax) return { count, problem: `intends more than ${countMax} messages` };
  return closed === 'finished' ? { count } : { count, problem: 'was closed before the time was over' };
}

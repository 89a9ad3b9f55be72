/** Audits a run from its folder: scans the topic if requested, then judges. */
import '../system/small-young-generation.ts';
import { noEvidence, openRunEvidence } from './run-evidence/run-evidence.ts';
import { messageOf } from '../errors.ts';
import { FindingsFile } from '../run-folder/findings-file.ts';
import type { ScanSource } from './run-evidence/save-log-scan.ts';
import type { Manifest, RunFolder } from '../run-folder/run-folder.ts';
import { checkSeal } from '../run-folder/seal.ts';
import type { Audit, Cause, SingleFinding } from '../result/verdict.ts';
import { audit } from './judge/audit.ts';
import { plantedSentences } from './planted-sentences.ts';
import type { FaultRecord, Result, RunSummary } from '../result/result.ts';
import { payloadBytesMin } from '../workload/workload.ts';

export interface AuditRequest {
  folder: RunFolder;
  /** The location of the store. */
  store: string;
  /** Where to scan the topic; undefined to use only the saved scan. */
  scan: ScanSource | undefined;
  /** Facts about the run that the evidence does not show. */
  interruptions: readonly string[];
  /** The faults that were injected into the run. */
  faults?: readonly FaultRecord[];
  /** Causes that may lose messages. */
  allowed?: readonly Cause[];
  /** Set if the consumer gave up for lack of progress: the partitions that it requested in vain. */
  stalledAtBroker?: ReadonlySet<number>;
  /** Set if the caller wants the findings, and nothing may be written. */
  onFinding?: (finding: SingleFinding) => void;
}

export interface AuditedRun {
  audit: Audit;
  run: RunSummary;
  /** The defect that was planted in the run on purpose. */
  sabotage?: string;
  /** Why the file of findings is not complete. */
  unwritten?: string;
}

export async function auditRun({
  folder,
  store,
  scan,
  interruptions,
  faults = [],
  allowed = [],
  stalledAtBroker,
  onFinding,
}: AuditRequest): Promise<AuditedRun> {
  const manifest = await readManifest(folder);
  if (typeof manifest === 'string') {
    const run = { id: folder.id, seed: null, topic: null, messages: null, batchSize: null };
    return { audit: await audit(noEvidence(folder.id, manifest)), run };
  }
  const sabotage = folder.sabotages().join(', ');
  const scanLog = scan && (await logScanner(folder, manifest, scan));
  await using open = await openRunEvidence(folder, manifest, store, {
    interruptions: [...interruptions, ...plantedSentences(sabotage), ...vainFaults(faults)],
    found: faults.flatMap(({ found = [] }) => found),
    ...(stalledAtBroker && { stalledAtBroker }),
    ...(scanLog && { scanLog }),
  });
  const run = summaryOf({ ...manifest, producers: open.producers });
  const about = { run, ...(sabotage && { sabotage }) };
  if (onFinding !== undefined) return { audit: await audit(open.evidence, { allowed, onFinding }), ...about };
  const findings = new FindingsFile(folder.findings);
  const judged = await audit(open.evidence, { allowed, onFinding: (finding) => findings.add(finding) });
  findings.close();
  return { audit: judged, ...about, ...(findings.problem && { unwritten: findings.problem }) };
}

/** Reads what must be read before the store. Returns a function that scans the log, or returns why it cannot. */
async function logScanner(
  folder: RunFolder,
  manifest: Manifest,
  source: ScanSource,
): Promise<() => Promise<string | undefined>> {
  const { prepareLogScan } = await loadScan();
  const problemOf = (error: unknown): string => `The topic could not be scanned: ${messageOf(error)}`;
  try {
    const scan = await prepareLogScan(folder, manifest, source);
    return () => scan.save().then(() => undefined, problemOf);
  } catch (error) {
    const problem = problemOf(error);
    return () => Promise.resolve(problem);
  }
}

/** Loaded separately: a scan needs the client library, and an audit of a saved scan does not. */
export const loadScan = (): Promise<typeof import('./run-evidence/save-log-scan.ts')> =>
  import('./run-evidence/save-log-scan.ts');

/** The manifest, or why it cannot be used. */
export async function readManifest(folder: RunFolder): Promise<Manifest | string> {
  try {
    const manifest = folder.readManifest();
    if (manifest === undefined) return 'the manifest run.json is missing';
    const seal = await checkSeal(folder.manifest);
    if (seal === 'broken') return 'the manifest run.json was changed after it was sealed';
    if (seal === 'none')
      return 'the manifest run.json has no seal: it was removed, or an earlier version made the run';
    const { states, producers, payloadBytes } = manifest;
    const messages = Math.max(1, ...Object.values(producers));
    const bytesMin = payloadBytesMin(states, Object.keys(producers).length, messages, manifest);
    const isPossible = payloadBytes >= bytesMin;
    return isPossible ? manifest : 'the manifest run.json plans payloads that its messages do not fit';
  } catch (error) {
    return `the manifest run.json cannot be read: ${messageOf(error)}`;
  }
}

const summaryOf = ({ id, seed, topic, producers, batchSize }: Manifest): RunSummary => ({
  id,
  seed,
  topic,
  messages: Object.values(producers).reduce((sum, count) => sum + count, 0),
  batchSize,
});

/** Says in sentences which faults took no effect: such a run proves nothing. */
export const vainFaults = (faults: readonly FaultRecord[]): string[] =>
  faults
    .filter(({ tookEffect }) => !tookEffect)
    .map(({ schedule, evidence }) => `The fault ${schedule} did not take effect: ${evidence.join('; ')}.`);

type ResultParts = Pick<
  Result,
  'allowed' | 'faults' | 'rates' | 'latency' | 'timings' | 'thresholds' | 'environment'
>;

/** The result document, with its fields in the order in which a person reads them. */
export function resultOf(
  { audit, run, sabotage }: AuditedRun,
  { allowed, faults, rates, latency, timings, thresholds, environment }: ResultParts,
): Result {
  const { verdict, evidence, ledger, acknowledged, log, store, counts } = audit;
  const { states, partitions, confusion, findings, notChecked } = audit;
  return {
    schema: 1,
    verdict,
    run,
    evidence,
    ledger,
    acknowledged,
    log,
    store,
    counts,
    states,
    partitions,
    confusion,
    findings,
    notChecked,
    allowed,
    faults,
    rates,
    latency,
    timings,
    thresholds,
    environment: { ...environment, ...(sabotage !== undefined && { sabotage }) },
  };
}

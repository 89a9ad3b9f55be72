/**
 * The evidence of a run of nodrop, read from its folder: ledgers, saved log scan, journals and store, each in the
 * form of the audit. If evidence is missing or cannot be read, its hop is not whole; that never ends the audit.
 */
import type { Evidence, LogRange } from '../evidence.ts';
import type { Manifest, RunFolder } from '../../run-folder/run-folder.ts';
import type { SingleFinding } from '../../result/verdict.ts';
import { journalHops } from './journal-hop.ts';
import { ledgerHop } from './ledger-hop.ts';
import { savedScan } from './log-hop.ts';
import { RunMessages } from './run-messages.ts';
import { planOf, type RunPlan } from './run-plan.ts';
import { openStoreHop, type OpenStoreHop } from './store-hop.ts';
import { openThreadedStoreHop } from './threaded-store-hop.ts';

export interface OpenEvidence extends AsyncDisposable {
  evidence: Evidence;
  /** The plan: messages by producer, as far as they are known. */
  producers: Readonly<Record<string, number>>;
}

/** Facts about the run that its folder does not record. */
export interface Circumstances {
  /** In sentences. */
  interruptions: readonly string[];
  /** Set if the consumer gave up for lack of progress: the partitions that it requested in vain. */
  stalledAtBroker?: ReadonlySet<number>;
  /** Findings about records that do not belong to the run. */
  found?: readonly SingleFinding[];
  /** Scans the log again, while the store is being read. Returns a sentence if that failed. */
  scanLog?: () => Promise<string | undefined>;
}

/** Fewer messages are read faster than a thread starts. */
const threadMessagesMin = 20_000;

/** Opens a run's evidence, which is read while it is judged; dispose of it afterwards. */
export async function openRunEvidence(
  folder: RunFolder,
  written: Manifest,
  storeLocation: string,
  circumstances: Circumstances = { interruptions: [] },
): Promise<OpenEvidence> {
  const { manifest, plan, sessionStarts } = await planOf(folder, written);
  const messages = new RunMessages(manifest, sessionStarts);
  const store = await openStore(folder, storeLocation, manifest, messages);
  try {
    const unscanned = await circumstances.scanLog?.();
    const evidence = await gather({ folder, manifest, plan, messages, store, storeLocation }, circumstances);
    // The store was opened before.
    if (circumstances.scanLog !== undefined && unscanned === undefined) evidence.log.isFinal = true;
    if (unscanned !== undefined) evidence.interruptions = [...evidence.interruptions, unscanned];
    return { evidence, producers: manifest.producers, [Symbol.asyncDispose]: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Reads the store in a thread of its own, if that is worth while and the folder is writable. */
async function openStore(
  folder: RunFolder,
  location: string,
  manifest: Manifest,
  messages: RunMessages,
): Promise<OpenStoreHop> {
  if (messages.plannedCount >= threadMessagesMin) {
    try {
      const spool = folder.file(`store.${process.pid}.spool`);
      return await openThreadedStoreHop(location, manifest, messages, spool);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall !== 'open') throw error;
    }
  }
  return await openStoreHop(location, manifest, messages);
}

interface Gathered extends Pick<RunPlan, 'manifest' | 'plan'> {
  folder: RunFolder;
  messages: RunMessages;
  store: OpenStoreHop;
  storeLocation: string;
}

async function gather(
  { folder, manifest, plan, messages, store, storeLocation }: Gathered,
  { interruptions, stalledAtBroker, found }: Circumstances,
): Promise<Evidence> {
  const { categories } = store;
  const { positions } = store.hop;
  const { uncleanElection, ...scan } = await savedScan(folder, manifest, messages);
  if (scan.log.ranges.some(({ compacted }) => compacted)) messages.askForKeys();
  const { acks } = manifest;
  const evidence: Evidence = {
    run: manifest.id,
    categories,
    messages,
    plan,
    ledger: await ledgerHop(folder, manifest, messages),
    ...scan,
    store: store.hop,
    interruptions,
    ...(found && { found }),
    ...(stalledAtBroker && { stalls: stallsOf(scan.log.ranges, positions, stalledAtBroker) }),
    settings: {
      ...(acks !== undefined && { acks }),
      ...(uncleanElection !== undefined && { uncleanElection }),
    },
  };
  const ends = new Map(scan.log.ranges.map(({ partition, end }) => [partition, end]));
  const journals = await journalHops({ folder, manifest, storeLocation, categories, positions, ends });
  // No spread: it would read the number of refused writes before the journals are read.
  if (journals !== undefined) Object.defineProperties(evidence, Object.getOwnPropertyDescriptors(journals));
  return evidence;
}

/** If there was no progress, all partitions with lag: either the broker returned nothing, or no consumer asked. */
const stallsOf = (
  ranges: readonly LogRange[],
  positions: ReadonlyMap<number, number>,
  atBroker: ReadonlySet<number>,
): Evidence['stalls'] & {} =>
  ranges
    .filter(({ partition, end, stableEnd = end }) => (positions.get(partition) ?? 0) < stableEnd)
    .map(({ partition }) => ({ partition, blame: atBroker.has(partition) ? 'broker' : 'consumer' }));

/** The evidence of a run whose manifest is missing or cannot be read: nothing can be judged. */
export function noEvidence(run: string, problem: string): Evidence {
  const nothing = { whole: false, problem, batches: () => [] };
  return {
    run,
    categories: [],
    messages: {
      plannedCount: 0,
      count: 0,
      isPlanned: () => false,
      expectedCategory: () => undefined,
      expectedContent: () => 0,
      name: (message) => ({ id: String(message) }),
    },
    plan: { whole: false, problem },
    ledger: nothing,
    log: { ...nothing, ranges: [] },
    store: { ...nothing, positions: new Map() },
    interruptions: [],
  };
}

/** The files of a run's folder, and the proof that nodrop made it. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { pipelineRecordIn } from './check-folder.ts';
import { parseRunEvent } from './run-events.ts';
import { usageError } from '../errors.ts';
import { journalFilePattern } from './journal/journal-format.ts';
import { readJournalOpening } from './journal/journal-reader.ts';
import { clusterFiles } from '../kafka/broker/broker-files.ts';
import { ledgerFilePattern } from './ledger/ledger-format.ts';
import { readLedgerOpening } from './ledger/ledger-reader.ts';
import type { OwnFiles } from '../system/removal.ts';
import { consumerSchema, type RunFolder } from './run-folder.ts';

/** A draft ends in the pid of its writer, or in `.new`; a seal in `.sha256`. */
const suffix = String.raw`(\.(\d+|new))?(\.sha256)?`;
const names = [
  String.raw`messages\.log`,
  String.raw`(run|check|pipeline|consumer|log|result|result-earlier|faults|chaos|chaos-shrunk|timelines)\.json`,
  String.raw`(topic|sink-\d+-\d+|(later|letters)-\d+)\.(facts|ids|places)`,
  String.raw`(ledger-p\d+-\d+|journal-\d+)\.bin`,
  String.raw`sabotage\.txt|log\.scan|findings\.jsonl|course\.jsonl|report\.html`,
  String.raw`latency-(acked|stored)-[\w-]+\.hlog`,
  String.raw`(producer|consumer)(-\d+|-more)?\.log|source\.log`,
  String.raw`store\.sqlite(-wal|-shm|-journal)?|store\.\d+\.spool`,
];

const files = new RegExp(`^(${names.join('|')})${suffix}$`);
/** All files but `process.json`, which names the process at work and so is removed last. */
export const runFiles: OwnFiles = {
  files,
  folders: [
    { name: /^kafka$/, own: clusterFiles },
    // Each destination of a user's pipeline has the files of a check.
    { name: /^destinations$/, own: { files: /^$/, folders: [{ name: /^[\w-]+$/, own: { files } }] } },
    // The logs of a user's processes.
    { name: /^processes$/, own: { files: /^[\w-]+-\d+\.log$/ } },
  ],
};

const processSchema = z.strictObject({ pid: z.int(), startedAt: z.string(), marker: z.literal('nodrop') });
const chaosSchema = z.object({ seed: z.int(), index: z.int(), options: z.array(z.string()) });

/**
 * Whether a file in the folder can only come from nodrop: the manifest of a run of this name or, if the run never had
 * one, a file that its processes write when they begin. A symbolic link proves nothing, wherever it leads.
 */
export const isMadeByNodrop = (folder: RunFolder): boolean =>
  lstatSync(folder.path, { throwIfNoEntry: false })?.isDirectory() === true && hasProof(folder);

/**
 * Throws `usage` if the run would replace files that nodrop did not make. To be called before anything is written. The
 * logs of processes (`*.log`) are neither proof nor obstacle.
 */
export function refuseForeignFolder(folder: RunFolder): void {
  if (!existsSync(folder.path) || hasProof(folder)) return;
  const isTaken = (name: string): boolean =>
    name === 'kafka' || name === 'process.json' || (runFiles.files.test(name) && !name.endsWith('.log'));
  const taken = readdirSync(folder.path).filter(isTaken);
  if (taken.length === 0) return;
  throw usageError(
    `${folder.path} holds what nodrop did not make: ${taken.join(', ')}. Nothing was changed.`,
    'Choose another id with --run.',
  );
}

function hasProof(folder: RunFolder): boolean {
  const isOfRun = ({ run }: { run: string } = { run: '' }): boolean => run === folder.id;
  const named = manifestId(folder);
  // A user has copied the run under another name, or moved it: it belongs to that user.
  if (named !== undefined) return named === folder.id;
  return (
    proves(folder.events, (path) => parseRunEvent(firstLine(path)) !== undefined) ||
    proves(folder.file('consumer.json'), (path) => fits(consumerSchema, path)) ||
    proves(folder.file('process.json'), (path) => fits(processSchema, path)) ||
    proves(folder.file('chaos.json'), (path) => fits(chaosSchema, path)) ||
    someProves(folder, ledgerFilePattern, (path) => isOfRun(readLedgerOpening(path))) ||
    someProves(folder, journalFilePattern, (path) => isOfRun(readJournalOpening(path)))
  );
}

/** The run that the manifest or `pipeline.json` names, or the check that `check.json` names; undefined if none can be read. */
function manifestId(folder: RunFolder): string | undefined {
  let id: string | undefined;
  proves(folder.manifest, () => (id = folder.readManifest()?.id) !== undefined);
  if (id === undefined) proves(folder.check, (path) => (id = namedIn(path, 'id')) !== undefined);
  if (id === undefined) proves(pipelineRecordIn(folder), (path) => (id = namedIn(path, 'run')) !== undefined);
  return id;
}

const namedIn = (path: string, field: string): string | undefined =>
  z
    .record(z.string(), z.unknown())
    .transform((document) => z.string().parse(document[field]))
    .parse(JSON.parse(readFileSync(path, 'utf8')));

const someProves = (folder: RunFolder, pattern: RegExp, isProof: (path: string) => boolean): boolean =>
  folder.list(pattern).some((name) => proves(folder.file(name), isProof));

function proves(path: string, isProof: (path: string) => boolean): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  try {
    return isProof(path);
  } catch {
    // A file that cannot be read, or is not one of nodrop's, is no proof.
    return false;
  }
}

const firstLine = (path: string): string => readFileSync(path, 'utf8').split('\n', 1)[0]!;
const fits = (schema: z.ZodType, path: string): boolean =>
  schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).success;

/** Tells the folder of a check from that of a run: a check leaves other files. */
import { existsSync, readFileSync } from 'node:fs';
import { usageError } from '../errors.ts';
import { regularFile } from '../system/regular-file.ts';
import { parseRunEvent, type TimedRunEvent } from './run-events.ts';
import type { RunFolder } from './run-folder.ts';
import { hasSeal } from './seal.ts';

/** Whether a check made the folder, even if it did not come to its end. */
export const isOfCheck = (folder: RunFolder): boolean =>
  isJudged(folder) || firstEvent(folder)?.type === 'check';

/** Whether the folder is that of a run of a user's pipeline, even if it did not come to its end. */
export const isOfPipeline = (folder: RunFolder): boolean => pipelineOf(folder) !== undefined;

/** The user's pipeline that the run drove, and when it began (in ms since the epoch); undefined for other runs. */
export function pipelineOf(folder: RunFolder): { name: string; beganAt: number } | undefined {
  const event = firstEvent(folder);
  return event?.type === 'pipeline' ? { name: event.name, beganAt: event.time } : undefined;
}

/** What a run of a user's pipeline handed over, written once it has drained. Other runs have none. */
export const pipelineRecordIn = (folder: RunFolder): string => folder.file('pipeline.json');

/** Whether a check came so far that it wrote down what it had read. */
export const isJudged = ({ check }: RunFolder): boolean => existsSync(check) || hasSeal(check);

/** Throws `usage` if the folder is that of a check, or of a run of a user's pipeline. `what`: what a check has none of. */
export function refuseUsersData(folder: RunFolder, command: string, what: string): void {
  const pipeline = pipelineOf(folder);
  if (pipeline !== undefined) {
    throw usageError(
      `nodrop ${command} is for runs of nodrop's own pipeline, and ${folder.id} is one of your pipeline ${pipeline.name}.`,
      `Such a run has these: nodrop verify ${folder.id}, nodrop explain ${folder.id} ID, and ${folder.path}/findings.jsonl.`,
    );
  }
  if (!isOfCheck(folder)) return;
  throw usageError(
    `nodrop ${command} is for runs, and ${folder.id} is a check, which has no ${what}.`,
    `A check has these: nodrop verify ${folder.id}, and nodrop explain ${folder.id} ID.`,
  );
}

function firstEvent({ events }: RunFolder): TimedRunEvent | undefined {
  try {
    const [line = ''] = readFileSync(regularFile(events), 'utf8').split('\n', 1);
    return parseRunEvent(line);
  } catch {
    // No event log, or one that cannot be read: then nothing tells that this is a check.
    return undefined;
  }
}

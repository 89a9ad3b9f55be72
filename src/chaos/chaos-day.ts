/** One day of `nodrop chaos`: a `nodrop run` in a process of its own, as a user would start it. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ChaosPlan } from './chaos-plan.ts';
import { runChild } from '../system/nodrop-child.ts';
import { parseRunEvent, type TimedRunEvent } from '../run-folder/run-events.ts';
import { durationText } from '../system/duration.ts';
import { exitCodes } from '../errors.ts';
import { resultIn } from '../result/read-result.ts';
import { regularFile } from '../system/regular-file.ts';
import { removeRun } from '../run-folder/remove-run.ts';
import type { Result } from '../result/result.ts';
import { RunFolder } from '../run-folder/run-folder.ts';
import { removeStore, storeOfRun } from '../stores/engines.ts';
import { timelinesOf } from '../explain/timelines-of-findings.ts';
import { writeWhole } from '../system/write-whole.ts';

export interface ChaosPlace {
  dir: string;
  /** undefined: each run has a store in its folder. */
  store: string | undefined;
  timeoutMs: number;
}

/** The outcome of a day. */
export interface ChaosDay {
  plan: ChaosPlan;
  folder: RunFolder;
  exitCode: number;
  /** Only the fields that are reported, since there may be many days. undefined if the run ended without a result. */
  result: Pick<Result, 'verdict' | 'findings' | 'notChecked'> | undefined;
  /** The last lines of the run's stderr. */
  said: string;
  ms: number;
}

const saidLinesMax = 20;
/** In addition to `timeoutMs`, which limits the drain: far more than a day takes. */
const dayMsMax = 600_000;

/** Keeps the run's folder, with its plan, only if the run did not pass; a trial (`isTrial`) never leaves it. */
export async function runDay(
  plan: ChaosPlan,
  place: ChaosPlace,
  { signal, note }: { signal: AbortSignal; note: (line: string) => void },
  isTrial = false,
): Promise<ChaosDay & { events: TimedRunEvent[] }> {
  const beganAtMs = performance.now();
  const id = `chaos-${plan.seed}-${plan.index}-${randomBytes(2).toString('hex')}`;
  const folder = new RunFolder(place.dir, id);
  folder.create();
  writeWhole(folder.file('chaos.json'), `${JSON.stringify(plan, null, 2)}\n`);
  const timeoutMs = dayMsMax + place.timeoutMs;
  const { exitCode, stdout, stderr } = await runChild(argumentsOf(plan, id, place), { signal, timeoutMs });
  const ms = Math.round(performance.now() - beganAtMs);
  const said = stderr.trim().split('\n').slice(-saidLinesMax);
  if (ms > timeoutMs) said.push(`The run was killed after ${durationText(ms)}.`);
  const result = resultIn(stdout);
  const store = place.store === undefined ? folder.store : storeOfRun(place.store, id);
  const day = {
    plan,
    folder,
    exitCode,
    result: result && bounded(result),
    said: said.join('\n'),
    events: eventsOf(folder),
    ms,
  };
  if (exitCode === exitCodes.pass || isTrial) {
    const left = [await removeRun(folder), await removeStore(store, id)];
    for (const line of left) if (line !== undefined) note(line);
  } else if (result !== undefined && result.findings.length > 0) {
    const timelines = await timelinesOf(folder, result, store);
    writeWhole(folder.file('timelines.json'), `${JSON.stringify(timelines, null, 2)}\n`);
  }
  return day;
}

const bounded = ({ verdict, findings, notChecked }: Result): ChaosDay['result'] => ({
  verdict,
  findings,
  notChecked,
});

const argumentsOf = (
  { pipeline, options, faults, brokers, kafkaVersion, zookeeper, security }: ChaosPlan,
  id: string,
  { dir, store, timeoutMs }: ChaosPlace,
): string[] => [
  'run',
  ...(pipeline === undefined ? [] : [pipeline]),
  '--json',
  '--quiet',
  `--run=${id}`,
  `--dir=${dir}`,
  `--brokers=${brokers}`,
  ...(kafkaVersion === undefined ? [] : [`--kafka-version=${kafkaVersion}`]),
  ...(zookeeper === true ? ['--zookeeper'] : []),
  ...(security === undefined ? [] : [`--security=${security}`]),
  `--timeout=${timeoutMs}ms`,
  // Each run has a schema of its own.
  ...(store === undefined ? [] : [`--store=${storeOfRun(store, id)}`]),
  ...options,
  ...faults.map((fault) => `--fault=${fault}`),
];

function eventsOf(folder: RunFolder): TimedRunEvent[] {
  try {
    return readFileSync(regularFile(folder.events), 'utf8')
      .split('\n')
      .flatMap((line) => parseRunEvent(line) ?? []);
  } catch {
    return [];
  }
}

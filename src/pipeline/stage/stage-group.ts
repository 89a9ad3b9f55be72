/** Several stages of one role, each a process of its own, started and counted together. */
import type { RunFolder } from '../../run-folder/run-folder.ts';
import type { CommonReason, Stage, StageEvent, StageRole } from './stage.ts';
import { StagePlace } from './stage-place.ts';

export interface StageGroup {
  readonly stages: readonly Stage[];
  /** The reported totals of all stages: sums by name. */
  readonly counts: Record<string, number>;
  /** Of each consumer that stored dead letters. */
  readonly commonReasons: CommonReason[];
}

/** `consumer.log`, `consumer-2.log` and so on, in the run's folder. */
const logNameOf = (role: StageRole, index: number): string =>
  index === 0 ? `${role}.log` : `${role}-${index + 1}.log`;

/** Calls `onDone` with the progress of all stages together, and `onEvent` with each other event. */
export function startStages(
  role: StageRole,
  commands: readonly (readonly string[])[],
  folder: RunFolder,
  onDone: (done: number) => void,
  onEvent: (event: StageEvent, index: number) => void = () => undefined,
  env: Readonly<Record<string, string>> = {},
): StageGroup {
  const done = commands.map(() => 0);
  const counts: Record<string, number> = {};
  const commonReasons: CommonReason[] = [];
  const stages = commands.map((args, index) => {
    const name = stageName(role, index, commands.length);
    const logFile = folder.file(logNameOf(role, index));
    return new StagePlace({ role, name, args, logFile, env }, (event) => {
      if (event.type === 'progress') {
        done[index] = event.done;
        onDone(done.reduce((sum, each) => sum + each, 0));
      } else if (event.type === 'summary') {
        for (const [name, count] of Object.entries(event.counts)) counts[name] = (counts[name] ?? 0) + count;
        if (event.commonReason !== undefined) commonReasons.push(event.commonReason);
      } else {
        onEvent(event, index);
      }
    });
  });
  return { stages, counts, commonReasons };
}

/** The name of a stage within a sentence. */
const stageName = (role: StageRole, index: number, count: number): string =>
  count === 1 ? `the ${role}` : `${role} ${index + 1} of ${count}`;

/** Starts one more consumer for a run, with the command line of the others; its log is `consumer-more.log`. */
export const startOneMore = (
  args: readonly string[],
  folder: RunFolder,
  onEvent: (event: StageEvent) => void,
  env: Readonly<Record<string, string>>,
): Stage =>
  new StagePlace(
    { role: 'consumer', name: 'one more consumer', args, logFile: folder.file('consumer-more.log'), env },
    onEvent,
  );

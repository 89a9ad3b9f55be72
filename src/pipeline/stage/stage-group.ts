/** Several stages of one role, each a process of its own, started and counted together. */
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { StagePlace } from './stage-place.ts';
import type { StageMessage } from './stage-process.ts';

export type StageRole = 'producer' | 'consumer';

export interface StageGroup {
  readonly stages: readonly StagePlace[];
  /** What all of them have done, as far as they said: sums by name. */
  readonly counts: Record<string, number>;
}

/** `consumer.log`, `consumer-2.log` and so on, in the run's folder. */
const logNameOf = (role: StageRole, index: number): string =>
  index === 0 ? `${role}.log` : `${role}-${index + 1}.log`;

/** `onDone` is told how much all of them have done; `onMessage` of everything else that one says, by its index. */
export function startStages(
  role: StageRole,
  commands: readonly (readonly string[])[],
  folder: RunFolder,
  onDone: (done: number) => void,
  onMessage: (message: StageMessage, index: number) => void = () => undefined,
  env: Readonly<Record<string, string>> = {},
): StageGroup {
  const done = commands.map(() => 0);
  const counts: Record<string, number> = {};
  const stages = commands.map((args, index) => {
    const name = stageName(role, index, commands.length);
    // A producer goes on from its ledger, and tells its progress in the whole plan.
    const command = { name, args, env, countsAnew: role === 'consumer' };
    const logFile = folder.file(logNameOf(role, index));
    return new StagePlace({ ...command, logFile }, (message) => {
      if (message.type === 'progress') {
        done[index] = message.done;
        onDone(done.reduce((sum, each) => sum + each, 0));
      } else if (message.type === 'summary') {
        for (const [name, count] of Object.entries(message.counts))
          counts[name] = (counts[name] ?? 0) + count;
      } else {
        onMessage(message, index);
      }
    });
  });
  return { stages, counts };
}

/** For a person, within a sentence. */
const stageName = (role: StageRole, index: number, count: number): string =>
  count === 1 ? `the ${role}` : `${role} ${index + 1} of ${count}`;

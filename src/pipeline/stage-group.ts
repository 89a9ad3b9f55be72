/** Several stages of one role, each a process of its own, started and counted together. */
import type { RunFolder } from '../run-folder.ts';
import { startStage, type Stage, type StageMessage } from './stage-process.ts';

export type StageRole = 'producer' | 'consumer';

export interface StageGroup {
  readonly stages: readonly Stage[];
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
): StageGroup {
  const done = commands.map(() => 0);
  const counts: Record<string, number> = {};
  const stages = commands.map((args, index) =>
    startStage(args, folder.file(logNameOf(role, index)), (message) => {
      if (message.type === 'progress') {
        done[index] = message.done;
        onDone(done.reduce((sum, each) => sum + each, 0));
      } else if (message.type === 'summary') {
        for (const [name, count] of Object.entries(message.counts))
          counts[name] = (counts[name] ?? 0) + count;
      } else {
        onMessage(message, index);
      }
    }),
  );
  return { stages, counts };
}

/** For a person. */
export const stageName = (role: StageRole, index: number, count: number): string =>
  count === 1 ? `The ${role}` : `The ${role} ${index + 1} of ${count}`;

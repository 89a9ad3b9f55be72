/** The consumers of a run: processes of their own in one group, started and ended together. */
import type { RunFolder } from '../run-folder.ts';
import { startStage, type ConsumeSummary, type Stage, type StageMessage } from './stage-process.ts';

/** `consumer.log`, `consumer-2.log` and so on, in the run's folder. */
const logNameOf = (index: number): string => (index === 0 ? 'consumer.log' : `consumer-${index + 1}.log`);

export interface ConsumerStages {
  readonly stages: readonly Stage[];
  /** What all of them have done, as far as they said. */
  readonly summary: ConsumeSummary;
}

/** `onStored` is told how much all of them have stored; `onMessage` of everything else that one says. */
export function startConsumers(
  count: number,
  args: readonly string[],
  folder: RunFolder,
  onStored: (stored: number) => void,
  onMessage: (message: StageMessage) => void = () => undefined,
): ConsumerStages {
  const stored = Array.from({ length: count }, () => 0);
  const summary: ConsumeSummary = { stored: 0, deadLetters: 0, refusedWrites: 0 };
  const stages = stored.map((_, index) =>
    startStage(args, folder.file(logNameOf(index)), (message) => {
      if (message.type === 'progress') {
        stored[index] = message.done;
        onStored(stored.reduce((sum, done) => sum + done, 0));
      } else if (message.type === 'consumed') {
        for (const name of ['stored', 'deadLetters', 'refusedWrites'] as const)
          summary[name] += message[name];
      } else {
        onMessage(message);
      }
    }),
  );
  return { stages, summary };
}

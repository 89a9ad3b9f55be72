/** How stages ended, in sentences and as errors. */
import { exitCodes, OperationalError, unavailableError } from '../../errors.ts';
import type { StageExit } from './stage.ts';

/** The stages that ended before their work was done, though no fault killed them and they were not stopped. */
export const earlyEnds = (stages: readonly { name: string }[], exits: readonly StageExit[]): string[] =>
  exits.flatMap((exit, index) =>
    exit.code === 0 || exit.isLeft === true
      ? []
      : [`${atBegin(stages[index]!.name)} ended early: ${saidBy(exit)}`],
  );

/** Capitalizes the first letter. */
export const atBegin = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Why a producer ended before it had sent anything. */
export function stageError(exit: StageExit, signal: AbortSignal, why: string | undefined): Error {
  if (signal.aborted) return signal.reason as Error;
  if (exit.code === null) return unavailableError(why ?? `The producer was ended by ${exit.signal}.`);
  const known = exit.code === exitCodes.usage || exit.code === exitCodes.unavailable;
  if (!known) return new Error(`the producer ended with ${exit.code ?? exit.signal}:\n${exit.tail}`);
  const code = exit.code === exitCodes.usage ? 'usage' : 'unavailable';
  return new OperationalError(code, saidBy(exit), { hint: lastSaid(exit).hint });
}

const saidBy = (exit: StageExit): string =>
  lastSaid(exit).message ?? `it ended with ${exit.code ?? exit.signal}.`;

/** The stage's own error: nodrop's last line, which has its name before it. Those before are notes. */
function lastSaid({ tail }: StageExit): { message: string | undefined; hint: string } {
  const lines = tail.split('\n');
  const at = lines.findLastIndex((line) => line.startsWith(ownPrefix));
  return {
    message: lines[at]?.slice(ownPrefix.length),
    hint: lines
      .slice(at + 1)
      .join('\n')
      .trim(),
  };
}

const ownPrefix = 'nodrop: ';

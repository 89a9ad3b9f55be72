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
  const [message = '', ...hint] = exit.tail.split('\n');
  return new OperationalError(code, message.replace(/^nodrop: /, ''), { hint: hint.join('\n').trim() });
}

/** The stage's own last error: nodrop prefixes such a line with its name. */
const saidBy = ({ code, signal, tail }: StageExit): string =>
  /^nodrop: (.*)$/m.exec(tail)?.[1] ?? `it ended with ${code ?? signal}.`;

import { printable } from './printable.ts';

/** Lines for the person, on stderr: from wherever there is no terminal at hand. */
export const say = (text: string): void => {
  process.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`);
};

import { printable } from './printable.ts';

/** Prints lines for the user on stderr, for code that has no `Terminal`. */
export const say = (text: string): void => {
  process.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`);
};

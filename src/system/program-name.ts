import { basename } from 'node:path';

/** The name of the program that a line for a shell begins with. Arguments and variables may hold secrets. */
export function programName(command: string): string {
  const word = command.split(/\s+/).find((part) => part !== '' && !/^\w+=/.test(part)) ?? '';
  return basename(/^[\w./+-]*/.exec(word)![0]);
}

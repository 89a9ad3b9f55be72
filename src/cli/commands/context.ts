import type { Terminal } from '../output/terminal.ts';

/** Given to every command in addition to its options. */
export interface Context {
  signal: AbortSignal;
  terminal: Terminal;
}

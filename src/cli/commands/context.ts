import type { Terminal } from '../output/terminal.ts';

/** What every command gets beside its options. */
export interface Context {
  signal: AbortSignal;
  terminal: Terminal;
}

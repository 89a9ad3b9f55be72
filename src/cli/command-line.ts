/** The command line apart from its process: which commands there are, and which exit code each end means. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { exitCodes, isSystemError, OperationalError } from '../errors.ts';
import { packageJson } from '../result/environment.ts';
import { say } from '../text/say.ts';
import { addCommands, type CommandState } from './commands/commands.ts';
import type { StoppedError } from './startup/stop.ts';

export class CommandLine {
  readonly #signal: AbortSignal;
  readonly #onLastWords: (text: string) => void;
  readonly #program: Command;
  readonly #command: CommandState;

  /** `onLastWords` gets the text of an error that ends the command; a person reads it on stderr. */
  constructor(signal: AbortSignal, onLastWords: (text: string) => void) {
    this.#signal = signal;
    this.#onLastWords = onLastWords;
    this.#program = new Command('nodrop')
      .description('Proves that a Kafka pipeline lost nothing.')
      .version(packageJson.version)
      // After a command, --version is an option of that command.
      .enablePositionalOptions()
      .exitOverride()
      // commander's errors quote the user's arguments.
      .configureOutput({ writeErr: (text) => say(text.trimEnd()) })
      .showSuggestionAfterError()
      .configureHelp({ helpWidth: 80 })
      .addHelpText('before', 'Example:  nodrop run --messages 1000\n');
    this.#command = addCommands(this.#program, signal);
  }

  /** Whether the command is done when its output has no reader, and has failed when the output cannot be written. */
  get endsWithReader(): boolean {
    return this.#command.endsWithReader();
  }

  /** Runs one command. Returns its exit code; says what went wrong on stderr. */
  async run(args: readonly string[]): Promise<number> {
    try {
      await this.#program.parseAsync(args, { from: 'user' });
      return this.#command.exitCode();
    } catch (error) {
      return this.explain(error);
    }
  }

  /** Says on stderr what went wrong, and what to do about it. Returns the exit code. */
  explain(error: unknown): number {
    if (error instanceof CommanderError && error.code === 'commander.help') return this.#exitCodeOfHelp();
    if (error instanceof CommanderError) {
      // commander prints its own errors, except those of values that are parsed after the command line.
      if (error instanceof InvalidArgumentError) say(`nodrop: ${error.message}`);
      return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage;
    }
    // main.ts said so when the signal came.
    const { aborted, reason } = this.#signal;
    if (aborted && (error === reason || isInterrupted(error))) return (reason as StoppedError).exitCode;
    const [text, code] = lastWordsOf(error);
    say(text);
    this.#onLastWords(text);
    return code;
  }

  /** commander printed help: the user asked for it, named no command, or named one that does not exist. */
  #exitCodeOfHelp(): number {
    const {
      args: [name, of],
      commands,
    } = this.#program;
    if (name !== 'help') return exitCodes.usage;
    if (of === undefined || commands.some((known) => known.name() === of)) return exitCodes.pass;
    say(`nodrop: there is no command '${of}'`);
    return exitCodes.usage;
  }
}

function lastWordsOf(error: unknown): [text: string, exitCode: number] {
  const hint = (text: string | undefined): string =>
    text === undefined ? '' : `\n${text.replaceAll(/^/gm, '  ')}`;
  if (error instanceof OperationalError)
    return [`nodrop: ${error.message}${hint(error.hint)}`, error.exitCode];
  if (isSystemError(error)) {
    const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
    const mend = isFull ? 'Make room on the disk, or choose another folder with --dir.' : undefined;
    return [`nodrop: ${error.message}${hint(mend)}`, exitCodes.unavailable];
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [`nodrop: a bug in nodrop: ${trace}`, exitCodes.bug];
}

function isInterrupted(error: unknown): boolean {
  if (error instanceof OperationalError) return error.code === 'interrupted';
  return error instanceof Error && error.name === 'AbortError';
}

/** The command line: which commands there are, and the only place where the process's exit is decided. */
import './startup/skip-unused-modules.ts';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { packageJson } from '../result/environment.ts';
import { exitCodes, isSystemError, OperationalError } from '../errors.ts';
import { tellParent } from '../pipeline/stage/stage-parent.ts';
import { say } from '../text/say.ts';
import { addCommands } from './commands/commands.ts';
import { watchOutput } from './output/output-streams.ts';
import { listenForStop, type StoppedError } from './startup/stop.ts';

watchOutput({
  // That is no trouble: what is under way comes to its end, and to its exit code.
  onReaderGone: () => {
    if (command.endsWithReader()) process.exit(exitCodes.pass);
  },
  onLost: (problem) => {
    say(`nodrop: the output could not be written: ${problem}`);
    if (command.endsWithReader()) process.exit(exitCodes.unavailable);
  },
});
// Node itself would end with 1, which means that a run has failed.
process.on('uncaughtException', (error) => process.exit(explain(error)));

const signal = listenForStop((reason) => {
  if (process.send === undefined) {
    say(reason === 'SIGINT' ? 'nodrop: stopping; Ctrl-C again to end at once' : 'nodrop: stopping');
  }
});

const program = new Command('nodrop')
  .description('Proves that a Kafka pipeline lost nothing.')
  .version(packageJson.version)
  .exitOverride()
  // Its errors quote what somebody gave.
  .configureOutput({ writeErr: (text) => say(text.trimEnd()) })
  .showSuggestionAfterError()
  .configureHelp({ helpWidth: 80 })
  .addHelpText('before', 'Example:  nodrop run --messages 1000\n');
const command = addCommands(program, signal);

process.exitCode = await exitCodeOf(() => program.parseAsync().then(() => command.exitCode()));
// Nothing is left to be done; a socket or a timer that is still open must not keep the process.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit();

async function exitCodeOf(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    return explain(error);
  }
}

/** Says on stderr what went wrong, and what to do about it. */
function explain(error: unknown): number {
  if (error instanceof CommanderError && error.code === 'commander.help') return exitCodeOfHelp(program);
  if (error instanceof CommanderError) {
    // commander has said it already, but for values that are read after its own parsing.
    if (error instanceof InvalidArgumentError) say(`nodrop: ${error.message}`);
    return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage;
  }
  // It was said when the signal came.
  if (signal.aborted && (error === signal.reason || isInterrupted(error)))
    return (signal.reason as StoppedError).exitCode;
  const [text, code] = lastWordsOf(error);
  say(text);
  // Of a stage: its parent hears them even where its log cannot be written.
  tellParent({ type: 'last-words', text });
  return code;
}

/** Help was printed: it was asked for, or no command was given, or one that there is not. */
function exitCodeOfHelp({ args: [name, of], commands }: Command): number {
  if (name !== 'help') return exitCodes.usage;
  if (of === undefined || commands.some((known) => known.name() === of)) return exitCodes.pass;
  say(`nodrop: there is no command '${of}'`);
  return exitCodes.usage;
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

/** The command line: which commands there are, and the only place where the process's exit is decided. */
import './quick-imports.ts';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { packageJson } from '../environment.ts';
import { exitCodes, isSystemError, OperationalError } from '../errors.ts';
import { say } from '../say.ts';
import { addCommands } from './commands.ts';
import { listenForStop, type StoppedError } from './stop.ts';

// A reader that has had enough, such as head, is no trouble: what is under way comes to its end, and to its exit code.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    if (stream === process.stdout && command.endsWithReader()) process.exit(exitCodes.pass);
  });
}

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
  if (error instanceof CommanderError) {
    // commander has said it already, but for values that are read after its own parsing.
    if (error instanceof InvalidArgumentError) say(`nodrop: ${error.message}`);
    return error.exitCode === 0 ? exitCodes.pass : exitCodes.usage;
  }
  // It was said when the signal came.
  if (signal.aborted && (error === signal.reason || isInterrupted(error)))
    return (signal.reason as StoppedError).exitCode;
  if (error instanceof OperationalError) {
    say(`nodrop: ${error.message}`);
    if (error.hint !== undefined) say(error.hint.replaceAll(/^/gm, '  '));
    return error.exitCode;
  }
  if (isSystemError(error)) {
    say(`nodrop: ${error.message}`);
    return exitCodes.unavailable;
  }
  say(`nodrop: a bug in nodrop: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return exitCodes.bug;
}

function isInterrupted(error: unknown): boolean {
  if (error instanceof OperationalError) return error.code === 'interrupted';
  return error instanceof Error && error.name === 'AbortError';
}

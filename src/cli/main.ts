/** The program: its streams and signals, and the only place where the process's exit is decided. */
import './startup/skip-unused-modules.ts';
import { exitCodes } from '../errors.ts';
import { tellParent } from '../pipeline/stage/stage-parent.ts';
import { say } from '../text/say.ts';
import { CommandLine } from './command-line.ts';
import { watchOutput } from './output/output-streams.ts';
import { listenForStop } from './startup/stop.ts';

const signal = listenForStop((reason) => {
  if (process.send === undefined) {
    say(reason === 'SIGINT' ? 'nodrop: stopping; Ctrl-C again to end at once' : 'nodrop: stopping');
  }
});
// The parent of a stage hears its last words even where its log cannot be written.
const commandLine = new CommandLine(signal, (text) => tellParent({ type: 'last-words', text }));

watchOutput({
  // That is no trouble: what is under way comes to its end, and to its exit code.
  onReaderGone: () => {
    if (commandLine.endsWithReader) process.exit(exitCodes.pass);
  },
  onLost: (problem) => {
    say(`nodrop: the output could not be written: ${problem}`);
    if (commandLine.endsWithReader) process.exit(exitCodes.unavailable);
  },
});
// Node itself would end with 1, which means that a run has failed.
process.on('uncaughtException', (error) => process.exit(commandLine.explain(error)));

process.exitCode = await commandLine.run(process.argv.slice(2));
// Nothing is left to be done; a socket or a timer that is still open must not keep the process.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit();

/**
 * Runs a stage of the pipeline in a process of its own, with the command that a user would run by hand. The process
 * is outside of the terminal's process group, so that Ctrl-C reaches nodrop only, and it ends when the channel to
 * its parent closes, however the parent ended.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { StageExit } from './stage.ts';
import type { ParentMessage, StageMessage } from './stage-messages.ts';

export interface StageProcess {
  readonly pid: number | undefined;
  readonly exited: Promise<StageExit>;
  /** When the process last sent a message, by `performance.now()`. */
  heardAtMs(): number;
  tell(message: ParentMessage): void;
  /** Returns whether the process still existed. */
  signal(signal: NodeJS.Signals): boolean;
}

const program = fileURLToPath(new URL('../../../bin/nodrop.js', import.meta.url));
/** Removed from a stage's environment: the parent sends Kafka's address, and gives one of the last two as an option. */
const toldByParent = {
  NODROP_BOOTSTRAP_SERVER: undefined,
  KAFKA_BOOTSTRAP_SERVERS: undefined,
  NODROP_MESSAGES: undefined,
  NODROP_DURATION: undefined,
};
const tailLines = 8;

export function startStageProcess(
  args: readonly string[],
  logFile: string,
  onMessage: (message: StageMessage) => void,
  env: Readonly<Record<string, string>> = {},
): StageProcess {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [program, ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, ...toldByParent, ...env },
  });
  closeSync(log);
  let heardAtMs = performance.now();
  let lastWords = '';
  child.on('message', (message: StageMessage) => {
    heardAtMs = performance.now();
    if (message.type === 'last-words') lastWords = message.text;
    else onMessage(message);
  });
  return {
    pid: child.pid,
    exited: exitOf(child, logFile, () => lastWords),
    heardAtMs: () => heardAtMs,
    tell: (message) => tell(child, message),
    signal: (signal) => child.kill(signal),
  };
}

/** Sends nothing to a stage that is gone: its exit says so. */
function tell(child: ChildProcess, message: ParentMessage): void {
  if (child.connected) child.send(message, () => {});
}

function exitOf(child: ChildProcess, logFile: string, lastWords: () => string): Promise<StageExit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // Unlike 'exit', 'close' comes after all messages of the child.
    child.once('close', (code, signal) => {
      const tail = (log: string): string => tailOf(log.includes(lastWords()) ? log : lastWords());
      readFile(logFile, 'utf8').then((log) => resolve({ code, signal, tail: tail(log) }), reject);
    });
  });
}

const tailOf = (text: string): string => text.trim().split('\n').slice(-tailLines).join('\n');

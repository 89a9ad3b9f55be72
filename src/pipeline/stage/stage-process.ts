/**
 * A stage of the pipeline as a process of its own, running the command that a user would run by hand. It
 * stands outside the terminal's process group, so that Ctrl-C reaches nodrop and not it, and it ends when
 * the channel to its parent closes, whatever ended the parent.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What a stage tells its parent. */
export type StageMessage =
  | { type: 'progress'; done: number }
  /** The producer's ledger is there: a consumer that begins now sees that a producer is at work. */
  | { type: 'ledger-opened' }
  /** A consumer has what the group assigned to it: what comes now is fetched at once. */
  | { type: 'ready' }
  /** Said at intervals, whatever else there is to say: a stage that is silent hangs. */
  | { type: 'alive' }
  /** A consumer gives up, since nothing moves. `atBroker`: it asks for these partitions, and gets nothing. */
  | { type: 'stalled'; atBroker: number[] }
  /** It stands at a point, and waits until it is told to go on. */
  | { type: 'reached'; point: string }
  /** Why it ends before its work is done: its log may lie on a disk that is full. */
  | { type: 'last-words'; text: string }
  /** What it has done in all. */
  | { type: 'summary'; counts: Readonly<Record<string, number>> };

/** What a parent tells a stage. */
export type ParentMessage =
  /** Where Kafka is, once it is there. */
  | { type: 'bootstrap'; bootstrapServers: string }
  /** A producer that is paced may send. */
  | { type: 'begin' }
  /** No producer comes any more: a consumer that has drained may end. */
  | { type: 'produced' }
  /** Stop at this point when you come there next, and say so. */
  | { type: 'pause-at'; point: string }
  /** Leave the point where you stand. */
  | { type: 'go-on' };

export interface StageExit {
  /** null if a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last lines it wrote, or said where its log could not be written. */
  tail: string;
  /** A fault killed it and it was not started again, or it was stopped: its end says nothing of it. */
  isLeft?: boolean;
}

export interface Stage {
  readonly pid: number | undefined;
  readonly exited: Promise<StageExit>;
  /** When it last said anything, by `performance.now()`. */
  heardAtMs(): number;
  tell(message: ParentMessage): void;
  /** Whether there was somebody to be told. */
  signal(signal: NodeJS.Signals): boolean;
}

const program = fileURLToPath(new URL('../../../bin/nodrop.js', import.meta.url));
/** Left out of a stage's environment: where Kafka is, the parent tells, and of these two it gives one as an option. */
const toldByParent = {
  NODROP_BOOTSTRAP_SERVER: undefined,
  KAFKA_BOOTSTRAP_SERVERS: undefined,
  NODROP_MESSAGES: undefined,
  NODROP_DURATION: undefined,
};
const tailLines = 8;
const aliveIntervalMs = 1_000;
const progressIntervalMs = 100;

export function startStage(
  args: readonly string[],
  logFile: string,
  onMessage: (message: StageMessage) => void,
  env: Readonly<Record<string, string>> = {},
): Stage {
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

/** A stage that is gone already says so by its exit. */
function tell(child: ChildProcess, message: ParentMessage): void {
  if (child.connected) child.send(message, () => {});
}

function exitOf(child: ChildProcess, logFile: string, lastWords: () => string): Promise<StageExit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // Unlike 'exit', it comes after all that the child has said.
    child.once('close', (code, signal) => {
      const tail = (log: string): string => tailOf(log.includes(lastWords()) ? log : lastWords());
      readFile(logFile, 'utf8').then((log) => resolve({ code, signal, tail: tail(log) }), reject);
    });
  });
}

const tailOf = (text: string): string => text.trim().split('\n').slice(-tailLines).join('\n');

/** In a stage: says something to the parent, if there is one. */
export function tellParent(message: StageMessage): void {
  // One that is gone is noticed by the end of the channel.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

let progressToldAtMs = -Infinity;

/** In a stage: how far it is, as often as a person can see it. */
export function tellProgress(done: number): void {
  const nowMs = performance.now();
  if (nowMs - progressToldAtMs < progressIntervalMs) return;
  progressToldAtMs = nowMs;
  tellParent({ type: 'progress', done });
}

/** In a stage: the address that the parent tells. From now on the parent hears that the stage is alive. */
export async function bootstrapFromParent(signal: AbortSignal): Promise<string> {
  setInterval(() => tellParent({ type: 'alive' }), aliveIntervalMs).unref();
  return (await fromParent('bootstrap', signal)).bootstrapServers;
}

/** In a stage: settles when the parent lets it begin. To be called early, since nothing is said twice. */
export const untilToldToBegin = async (signal: AbortSignal): Promise<void> =>
  void (await fromParent('begin', signal));

/** In a stage: settles when no producer comes any more. To be called early, too. */
export const untilProduced = async (signal: AbortSignal): Promise<void> =>
  void (await fromParent('produced', signal));

/** In a stage: settles when the parent says so. */
export const untilToldToGoOn = async (signal: AbortSignal): Promise<void> =>
  void (await fromParent('go-on', signal));

/** In a stage: whenever the parent says where to stop. */
export function onPauseAt(listener: (point: string) => void): void {
  process.on('message', (message) => {
    const said = message as ParentMessage;
    if (said.type === 'pause-at') listener(said.point);
  });
}

function fromParent<Type extends ParentMessage['type']>(
  type: Type,
  signal: AbortSignal,
): Promise<Extract<ParentMessage, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    const onMessage = (message: unknown): void => {
      if ((message as ParentMessage).type !== type) return;
      signal.removeEventListener('abort', onAbort);
      process.off('message', onMessage);
      resolve(message as Extract<ParentMessage, { type: Type }>);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    process.on('message', onMessage);
  });
}

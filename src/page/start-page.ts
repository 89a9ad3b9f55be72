/** The live page over the runs of a folder. Its server has a thread of its own: it neither waits for an audit nor delays one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { OperationalError, unavailableError } from '../errors.ts';

export interface LivePageOptions {
  dir: string;
  /** 0 for a free one. */
  port: number;
}

export interface LivePage {
  /** The address to open: of a run, or of the list of all. */
  address(run?: string): string;
  /** Tells all who watch how it stands, and ends. */
  close(): Promise<void>;
}

/** What the thread says. */
export type FromPageThread =
  | { type: 'started'; origin: string; token: string }
  | { type: 'failed'; message: string; hint: string | undefined };

const program = new URL(`./page-thread${import.meta.url.slice(-3)}`, import.meta.url);
const closeMsMax = 2_000;

/** Throws `unavailable` where the port is taken. `onEnd` is told if it ends before it is closed. */
export async function startLivePage(
  options: LivePageOptions,
  onEnd: (problem: string) => void,
): Promise<LivePage> {
  const thread = new Worker(program, { workerData: options });
  let isOpen = true;
  const started = Promise.withResolvers<FromPageThread>();
  const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  void exited.then(() => started.reject(new Error('bug: the thread of the page has ended before it began')));
  thread.once('message', started.resolve);
  thread.once('error', (error: Error) => {
    started.reject(error);
    if (isOpen) onEnd(`The live page has ended: ${error.message}`);
    isOpen = false;
  });
  const said = await started.promise;
  if (said.type === 'failed') {
    throw said.hint === undefined
      ? new OperationalError('unavailable', said.message)
      : unavailableError(said.message, { hint: said.hint });
  }
  return {
    address: (run) => `${said.origin}${run === undefined ? '/' : `/runs/${run}`}?token=${said.token}`,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      thread.postMessage({ type: 'close' }, []);
      await Promise.race([exited, sleep(closeMsMax)]);
      await thread.terminate();
    },
  };
}

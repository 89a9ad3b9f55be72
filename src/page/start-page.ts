/** The live page with the runs of a folder. Its server has its own thread: it and an audit do not delay each other. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startThread } from '../system/thread.ts';
import type { PageThread } from './page-thread.ts';

export interface LivePageOptions {
  dir: string;
  /** 0 for a free one. */
  port: number;
}

export interface LivePage {
  /** The address to open, of a run or of the list of runs. */
  address(run?: string): string;
  /** Sends the current state to all watchers, and ends. */
  close(): Promise<void>;
}

/** Long enough (ms) that the watchers see the verdict even if the machine is busy. */
const closeMsMax = 10_000;

/** Throws `unavailable` if the port is taken. `onEnd` is called if the page ends before it is closed. */
export async function startLivePage(
  options: LivePageOptions,
  onEnd: (problem: string) => void,
): Promise<LivePage> {
  const thread = startThread<PageThread>('./page-thread', import.meta.url);
  const { origin, token } = await thread.call('start', options).catch(async (error: unknown) => {
    await thread.terminate();
    throw error;
  });
  let isOpen = true;
  const watch = async (): Promise<void> => {
    const { message } = await thread.ended;
    if (isOpen) onEnd(`The live page has stopped: ${message}`);
    isOpen = false;
  };
  void watch();
  return {
    address: (run) => `${origin}${run === undefined ? '/' : `/runs/${run}`}?token=${token}`,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await Promise.race([thread.close(), sleep(closeMsMax, undefined, { ref: false })]);
      await thread.terminate();
    },
  };
}

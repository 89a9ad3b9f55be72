/** The live page over the runs of a folder. Its server has a thread of its own: it neither waits for an audit nor delays one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startThread } from '../system/thread.ts';
import type { PageThread } from './page-thread.ts';

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

const closeMsMax = 2_000;

/** Throws `unavailable` where the port is taken. `onEnd` is told if it ends before it is closed. */
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
    if (isOpen) onEnd(`The live page has ended: ${message}`);
    isOpen = false;
  };
  void watch();
  return {
    address: (run) => `${origin}${run === undefined ? '/' : `/runs/${run}`}?token=${token}`,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await Promise.race([thread.close(), sleep(closeMsMax)]);
      await thread.terminate();
    },
  };
}

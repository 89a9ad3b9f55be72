/** Shows a run on the terminal while it goes on, from the files in its folder. */
import { Rate } from './rate.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import type { Terminal } from './terminal.ts';

const everyMs = 250;

/** Does nothing without a terminal. Its code is loaded after the run has begun. Returns how to stop. */
export function showLive(folder: RunFolder, terminal: Terminal): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const begin = async (): Promise<void> => {
    const { RunWatch } = await import('../../watch/run-watch.ts');
    const { liveLines } = await import('../../report/terminal/live-lines.ts');
    if (isOver) return;
    const watch = new RunWatch(folder);
    const [acked, stored] = [new Rate(), new Rate()];
    timer = setInterval(() => {
      try {
        watch.look();
      } catch {
        // The folder cannot be read now. The view must not end the run; the audit reports what is wrong.
        return;
      }
      const progress = watch.progress();
      const nowMs = performance.now();
      acked.add(progress.acked.count, nowMs);
      stored.add(progress.stored.count, nowMs);
      const rates = { acked: acked.seconds(nowMs), stored: stored.seconds(nowMs) };
      terminal.show(liveLines(progress, rates));
    }, everyMs);
  };
  const start = terminal.isLive ? setTimeout(() => void begin(), everyMs) : undefined;
  return () => {
    isOver = true;
    clearTimeout(start);
    clearInterval(timer);
  };
}

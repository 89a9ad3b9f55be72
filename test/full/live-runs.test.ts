/** The live page of a run by hand whose stages end. `test/integration/live-runs.test.ts` has the page while they work. */
import { afterAll, expect, test } from 'vitest';
import { hasBrowser, startBrowser } from '../fixtures/browser.ts';
import { endServing, openLivePage, seenBy, startServing, untilHeading } from '../fixtures/live-page.ts';
import { newRun } from '../fixtures/new-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { start, until } from '../fixtures/nodrop.ts';

afterAll(endServing);

test.skipIf(!hasBrowser)(
  'when the stages of a run by hand end, the page shows all sent messages as stored and the run as not audited',
  async () => {
    const { run, dir, options } = newRun();
    const producer = start(['produce', '--messages=60000', '--rate=200', ...options]);
    const [browser, consumer, list] = await Promise.all([
      startBrowser(),
      startServing(['consume', '--ui', ...options]),
      startServing(['ui', `--dir=${dir}`]),
    ]);
    try {
      const [own, other] = await Promise.all([
        openLivePage(browser, consumer.address),
        openLivePage(browser, list.address),
      ]);
      await untilHeading(own.page, 'UNDER WAY');
      producer.child.kill('SIGINT');
      const { stdout } = await producer.ended;
      const [, sent] = /: (\d+) sent, \1 acknowledged, 0 rejected, 0 unknown/.exec(stdout)!;
      await until('all is stored', async () => {
        const { hops } = (await seenBy(own.page)).counts.at(-1)!;
        return hops.every((count) => count === Number(sent));
      });
      consumer.child.kill('SIGINT');
      await untilHeading(own.page, 'CLOSED');
      expect((await consumer.ended).code).toBe(130);
      await other.page.getByRole('row').filter({ hasText: run }).filter({ hasText: 'not audited' }).waitFor();
      await other.page.getByRole('link', { name: run }).click();
      await untilHeading(other.page, 'NOT AUDITED');
      await other.page.getByText(`nodrop verify ${run}`).waitFor();
      // The verdict is inconclusive, since the producer was stopped before it had sent all messages.
      expect((await nodropInProcess(['verify', run, `--dir=${dir}`])).code).toBe(2);
      await untilHeading(other.page, 'INCONCLUSIVE');
      expect([own.troubles, other.troubles]).toEqual([[], []]);
    } finally {
      producer.child.kill('SIGKILL');
      await browser.close();
    }
  },
);

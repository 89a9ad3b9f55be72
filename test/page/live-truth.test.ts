/** The live page is right at every moment: a run on disk grows while a browser shows it. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDashboard, type Dashboard } from '../../src/page/server/server.ts';
import { contentPolicy, pageTemplate } from '../../src/page/page-html.ts';
import { runSource } from '../../src/page/folder-run-source.ts';
import { hasBrowser, seriousProblems, startBrowser } from '../fixtures/browser.ts';
import { GrowingRun } from '../fixtures/growing-run.ts';
import { openLivePage, untilHeading } from '../fixtures/live-page.ts';
import { nodeOf, textOf } from '../fixtures/opened-report.ts';
import { makePageRun } from '../fixtures/page-run.ts';

const planned = 100;
const dir = mkdtempSync(join(tmpdir(), 'nodrop-live-'));

/** Records the pieces of the bar after every change of the page. */
const noteSums = `(() => {
  window.sums = [];
  new MutationObserver(() => {
    const pieces = [...document.querySelectorAll('[data-bar=planned] [data-count]')];
    if (pieces.length > 0) window.sums.push(pieces.map((piece) => Number(piece.dataset.count)));
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
})()`;

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  let dashboard: Dashboard;
  beforeAll(async () => {
    const page = readFileSync(pageTemplate, 'utf8');
    const policy = contentPolicy(page, "'self'");
    const served = { source: runSource(dir), page, contentPolicy: policy, port: 0 };
    [browser, dashboard] = await Promise.all([startBrowser(), startDashboard(served)]);
  });
  afterAll(async () => {
    await Promise.all([browser.close(), dashboard.close()]);
  });

  const addressOf = (path: string): string => `${dashboard.origin}${path}?token=${dashboard.token}`;
  const until = (page: Page, node: string, text: string): Promise<void> =>
    nodeOf(page, node).getByText(text).waitFor();
  const ask = async (page: Page, message: string): Promise<void> => {
    await page.getByRole('searchbox').fill(message);
    await page.getByRole('button', { name: 'What happened to it?' }).click();
    await page.getByText(`What happened to ${message}`).waitFor();
  };
  const looksOf = async (page: Page): Promise<(string | null)[]> =>
    await Promise.all(
      (await page.locator('.timeline li').all()).map(async (step) => await step.getAttribute('data-look')),
    );

  test.each([
    ['grows-1', 1440, 'light'],
    ['grows-2', 375, 'dark'],
  ] as const)(
    'the bar always adds up to the plan while a consumer is killed and another takes over (%s, %i px, %s)',
    async (id, width, colorScheme) => {
      const run = new GrowingRun(dir, id, planned);
      run.note({ type: 'phase', phase: 'publishing' });
      const { page, troubles } = await openLivePage(browser, addressOf('/'), { width, colorScheme });
      await page.addInitScript(noteSums);
      await page.goto(addressOf(`/runs/${id}`));
      await untilHeading(page, 'UNDER WAY');
      run.ledger.intend(0, 40);
      run.outcome('acked', 0, 30);
      await until(page, 'kafka', '30');
      // There is no consumer yet, which is not shown as 0.
      expect(await nodeOf(page, 'consumer').getAttribute('data-look')).toBe('unknown');
      expect(await nodeOf(page, 'store').innerText()).not.toMatch(/\d/);
      expect(await textOf(page.locator('[data-bar=planned]'))).toContain('no journal shows what is stored');
      expect(await textOf(page.getByRole('row').last())).toBe('0 – 30 – –');

      const first = run.openJournal(1);
      run.delivered(first, 0, 30);
      await run.written(first, 0, 20);
      await until(page, 'store', '20');

      await ask(page, 'p0-3');
      const looks = await looksOf(page);
      expect(looks).not.toContain('wrong');
      expect(looks).toContain('unknown');
      expect(await textOf(page.locator('[data-standing]'))).toBe('It is stored as expected, so far.');
      expect(await textOf(page.locator('[data-lane=kafka]').first())).toBe(
        'log ◌ not yet known: the topic is scanned for the audit',
      );
      await ask(page, 'p0-25');
      expect(await looksOf(page)).not.toContain('wrong');
      expect(await textOf(page.locator('[data-standing]'))).toBe('◌ It is on its way.');

      const kill = {
        name: 'kill-consumer',
        schedule: 'kill-consumer@1s',
        target: 'consumer 1',
        startMs: 1_000,
        endMs: null,
        tookEffect: false,
        evidence: [],
      };
      run.note({ type: 'fault', index: 0, fault: kill });
      run.ledger.intend(40, 60);
      run.outcome('acked', 30, 40);
      run.outcome('unknown', 70, 5);
      await until(page, 'producer', '5 unknown');
      const second = run.openJournal(2);
      // Ten messages that were delivered to the first consumer are delivered again.
      run.delivered(second, 20, 70);
      await until(page, 'consumer', '80');
      await run.written(second, 20, 70);
      await until(page, 'store', '70');
      expect(await textOf(page.locator('[data-bar=planned]'))).toBe(
        '100 planned 70 stored 5 rejected or of unknown outcome 25 sent, not acknowledged yet',
      );

      const sums = (await page.evaluate('window.sums')) as number[][];
      expect(new Set(sums.map((pieces) => pieces.join())).size).toBeGreaterThanOrEqual(5);
      for (const pieces of sums) expect([pieces, pieces.reduce((a, b) => a + b)]).toEqual([pieces, planned]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await seriousProblems(page)).toEqual([]);
      expect(troubles).toEqual([]);
      run.ledger.close();
      await page.context().close();
    },
  );

  test('the list marks a passed run that missed a threshold, and latencies that are incomplete', async () => {
    await makePageRun(dir, { messages: 40, thresholds: ['acked.p99<1ms'], isKilled: true });
    await makePageRun(dir, { messages: 41, thresholds: ['stored.p99<1s'] });
    const { page, troubles } = await openLivePage(browser, addressOf('/'));
    const rowOf = (name: string): Promise<string> =>
      textOf(page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) }));
    await page.getByRole('link', { name: 'made-41' }).waitFor();
    expect(await rowOf('made-40')).toMatch(/^made-40 ! pass, threshold missed .* 186 ms 186 ms \* /);
    expect(await rowOf('made-41')).toMatch(/^made-41 ✓ pass · 41 .* 186 ms 186 ms · /);
    expect(await page.getByText('* The latencies of at least one process are missing').count()).toBe(1);
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});

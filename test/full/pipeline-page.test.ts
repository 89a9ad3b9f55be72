/** A run of a user's pipeline from its start to its verdict, as its page shows it in a real browser. */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { hasBrowser, startBrowser } from '../fixtures/browser.ts';
import { forwardingConfig } from '../fixtures/forwarding-config.ts';
import { endServing, openLivePage, seenBy, startServing, untilHeading } from '../fixtures/live-page.ts';
import { processesNaming } from '../fixtures/nodrop.ts';
import { nodeOf, textOf } from '../fixtures/opened-report.ts';

const bootstrapServers = inject('bootstrapServers');

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    endServing();
    await browser.close();
  });

  test('the page shows a run from its start to its verdict, and its report says the same', async () => {
    const messages = { count: 300, rate: '200/s' };
    const { name, dir, args } = forwardingConfig({ bootstrapServers, isWrong: true, messages });
    const serving = await startServing([...args, '--run', 'shown', '--ui', '--keep-open']);
    const { page, troubles } = await openLivePage(browser, serving.address);
    await untilHeading(page, 'FAIL');
    const { headings, counts } = await seenBy(page);
    expect(headings).toEqual(['LOADING', 'UNDER WAY', 'FAIL']);
    const handedOver = counts.map(({ hops }) => hops[0]!);
    expect(new Set(handedOver).size).toBeGreaterThan(3);
    expect(handedOver).toEqual(handedOver.toSorted((a, b) => a - b));
    expect(await textOf(nodeOf(page, 'out'))).toContain('300 records ✗ 300 expected');
    expect(troubles).toEqual([]);
    await page.context().close();
    serving.child.kill('SIGINT');
    expect((await serving.ended).code).toBe(1);
    expect(processesNaming(name)).toEqual([]);

    const report = await (await browser.newContext({ offline: true })).newPage();
    await report.goto(`file://${join(dir, 'runs/shown/report.html')}`);
    expect(await textOf(report.locator('.verdict'))).toContain(
      'From the producer on: 1 lost at out (consumer)',
    );
    expect(await report.locator('.hop.broken h3').allTextContents()).toEqual(['out']);
    const lost = report.locator('.findings li[data-kind=lost]');
    await lost.locator('summary').click();
    const steps = (await lost.locator('details li').allInnerTexts()).map((step) =>
      step.replaceAll(/\s+/g, ' '),
    );
    expect(steps[0]).toMatch(/intent p0, session 0, was about to send it$/);
    expect(steps.at(-1)).toBe('hop ✗ out: not there');
    await report.context().close();
  });
});

/** The report of a check, in a browser: it names root, sink and range, and speaks of nothing that a check does not see. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunFolder } from '../../src/run-folder/run-folder.ts';
import { hasBrowser, seriousProblems, startBrowser, troublesOf } from '../fixtures/browser.ts';
import { checkedFolder, orders } from '../fixtures/checked-folder.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';

const foreign = /acknowledg|ledger|\bsent\b|producer'?s|dead-letters|\(none\)|seed/i;

describe.skipIf(!hasBrowser)('the report of a check', () => {
  let browser: Browser;
  let failed: RunFolder;
  let missing: RunFolder;
  beforeAll(async () => {
    browser = await startBrowser();
    const dir = newDir();
    const looks = [
      orders(40)
        .slice(0, 38)
        .map((row, index) => (index === 3 ? { ...row, category: 'paid' } : row)),
    ];
    failed = checkedFolder(dir, 'failed', { records: orders(40), looks });
    missing = checkedFolder(dir, 'missing', { records: orders(4), looks: [orders(4)] }, (record) => {
      record.records.sums.facts = '0'.repeat(64);
    });
    for (const { id } of [failed, missing]) await nodropInProcess(['verify', id, '--dir', dir]);
  });
  afterAll(() => browser.close());

  async function open({ report }: RunFolder, width = 1440): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 900 }, offline: true });
    const page = await context.newPage();
    page.setDefaultTimeout(5_000);
    const troubles = troublesOf(page, (url) => /^(file|data):/.test(url));
    await page.goto(`file://${report}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(troubles).toEqual([]);
    return page;
  }

  test('it names the root, the sink and the range, and blames what lies between', async () => {
    const page = await open(failed);
    const text = (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ');
    expect(await page.title()).toBe('fail: check failed · nodrop');
    expect(text).toContain('From the topic on: 2 lost (consumer), 1 misclassified (consumer)');
    expect(text).toContain('37 of 40 records of orders are right in postgres://localhost/orders.');
    expect(text).toContain('orders 0:0-19, 1:0-19');
    expect(text).toContain('the topic: nothing before it was looked at');
    expect(text).toContain('topic and sink were read by nodrop');
    expect(text).toContain('which stands for all between topic and sink');
    expect(text).not.toMatch(foreign);
    expect(await page.locator('[data-node=topic]').innerText()).toContain('40 records');
    expect(await page.locator('[data-node=sink]').innerText()).toContain('38 rows');
  });

  test("a search finds the user's own ids, and their timelines", async () => {
    const page = await open(failed);
    await page.getByRole('searchbox').fill('order-39');
    expect(await page.locator('.findings').innerText()).toMatch(/lost[\s\S]*order-39/);
    await page.locator('.findings summary').click();
    const timeline = await page.locator('.findings details').innerText();
    expect(timeline).toContain('look 1: no row of it');
    expect(timeline).toContain(`SELECT * FROM orders WHERE "id" = 'order-39';`);
    await page.getByRole('searchbox').fill('order-2');
    expect(await page.locator('main').innerText()).toContain('nodrop explain failed order-2');
  });

  test('of a check whose evidence is missing, it shows no number', async () => {
    const page = await open(missing);
    const text = (await page.locator('body').innerText()).replaceAll(/\s+/g, ' ');
    expect(text).toContain('INCONCLUSIVE From the topic on: nothing was judged');
    expect(text).toContain('topic.facts was changed');
    expect(await page.locator('[data-node=topic]').innerText()).toContain('not known');
    expect(text).not.toMatch(foreign);
  });

  test.each([1440, 320])('at a width of %i px, it is accessible and fits', async (width) => {
    const page = await open(failed, width);
    expect(await seriousProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    if (process.env['NODROP_SHOTS'] !== undefined) {
      await page.screenshot({ path: `${process.env['NODROP_SHOTS']}/check-${width}.png`, fullPage: true });
    }
  });
});

/** `nodrop ui`: the runs of a folder in a real browser, with stages in other processes. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openTcpProxy } from '../../src/faults/proxy/tcp-proxy.ts';
import { hasBrowser, seriousProblems, startBrowser } from '../fixtures/browser.ts';
import { hostile, makeHostileRun, makeOddRun } from '../fixtures/hostile-run.ts';
import {
  endServing,
  openLivePage,
  seenBy,
  startServing,
  untilHeading,
  type Serving,
} from '../fixtures/live-page.ts';
import { newDir, nodrop, start, until } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const dir = newDir();
const folderOf = (run: string): string => join(dir, 'runs', run);
const newRun = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;
const [doubled, byHand] = [newRun('doubled'), newRun('by-hand')];
const [strange, odd] = [newRun('strange'), newRun('odd')];

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  /** The page with all runs of the folder. */
  let list: Serving;
  /** A consumer that serves a page of its run. */
  let consumer: Serving;
  let producer: ReturnType<typeof start>;
  beforeAll(async () => {
    const of = (run: string): string[] => [`--run=${run}`, `--dir=${dir}`, at];
    producer = start(['produce', '--messages=60000', '--rate=200', ...of(byHand)]);
    const failed = nodrop(['run', '--messages=60', '--batch-size=1', ...of(doubled)], {
      NODROP_SABOTAGE: 'double:17',
    });
    [browser, consumer, list] = await Promise.all([
      startBrowser(),
      startServing(['consume', '--ui', ...of(byHand)]),
      startServing(['ui', `--dir=${dir}`]),
    ]);
    await failed;
  });
  afterAll(async () => {
    producer.child.kill('SIGKILL');
    endServing();
    await browser.close();
  });

  const rowOf = (page: Page, run: string) => page.getByRole('row').filter({ hasText: run });

  /** Expects that nothing makes the page wider than the window. */
  async function expectToFit(page: Page, width: number): Promise<void> {
    await page.setViewportSize({ width, height: 900 });
    const scrollWidth = await page.evaluate('document.documentElement.scrollWidth');
    expect(scrollWidth, `${width} px`).toBeLessThanOrEqual(width);
  }

  /** Expects no serious problem in a narrow light window and in a wide dark one: colours do not depend on the width. */
  async function expectReadable(page: Page): Promise<void> {
    for (const [width, colorScheme] of [
      [320, 'light'],
      [1440, 'dark'],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await expectToFit(page, width);
      expect([width, await seriousProblems(page)]).toEqual([width, []]);
    }
  }

  test('the page of a run by hand counts sent, acknowledged, delivered and stored messages by state', async () => {
    expect(new URL(consumer.address).pathname).toBe(`/runs/${byHand}`);
    const { page, troubles } = await openLivePage(browser, consumer.address);
    await untilHeading(page, 'UNDER WAY');
    await page.getByText('Its stages were started by hand.').waitFor();
    await until('all states have come to all hops', async () => {
      const { states = [] } = (await seenBy(page)).counts.at(-1) ?? {};
      return states.length === 4 && states.every((counts) => counts.length === 3 && counts.every(Boolean));
    });
    const hops = await page.locator('.hop').allInnerTexts();
    expect(hops.map(flat)).toEqual([
      expect.stringMatching(/^Producer [\d ]+ sent /),
      expect.stringMatching(/^Kafka [\d ]+ acknowledged /),
      expect.stringMatching(/^Consumer [\d ]+ deliveries /),
      expect.stringMatching(/^Store [\d ]+ stored /),
    ]);
    expect(troubles).toEqual([]);
    await expectReadable(page);
    await page.context().close();
  });

  test('the list shows all runs, and its link opens the live page of a run in other processes', async () => {
    const { page, troubles } = await openLivePage(browser, list.address);
    expect(new URL(list.address).pathname).toBe('/');
    await rowOf(page, doubled).waitFor();
    expect(await page.title()).toBe('runs · nodrop');
    const rate = '[\\d ]+';
    const ms = '\\d[\\d.]* m?s';
    expect(flat(await rowOf(page, doubled).innerText())).toMatch(
      new RegExp(`^${doubled} ✗ fail 1 duplicated, 1 misclassified 60 ${rate} ${rate} ${ms} ${ms} · `),
    );
    expect(flat(await rowOf(page, byHand).innerText())).toMatch(
      new RegExp(`^${byHand} ▶ under way · – – – – – · `),
    );
    await expectReadable(page);
    await page.getByRole('link', { name: byHand }).click();
    await untilHeading(page, 'UNDER WAY');
    const before = (await seenBy(page)).counts.at(-1)?.hops ?? [0, 0, 0, 0];
    await until('all hops have gone on', async () => {
      const { hops } = (await seenBy(page)).counts.at(-1)!;
      return hops.every((count, hop) => count > before[hop]!);
    });
    await page.getByRole('link', { name: 'all runs' }).click();
    await rowOf(page, doubled).waitFor();
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('a page that has lost its server says so, reconnects, and shows the newer counts', async () => {
    const { host, port, pathname, search } = new URL(list.address);
    const proxy = await openTcpProxy({ host: '127.0.0.1', port: Number(port) });
    const address = `http://127.0.0.1:${proxy.port}${pathname}runs/${byHand}${search}`;
    expect(host).not.toBe(new URL(address).host);
    const { page, troubles } = await openLivePage(browser, address);
    await untilHeading(page, 'UNDER WAY');
    await page.locator('.plot').first().waitFor();
    const refusal = proxy.refuse();
    expect(proxy.reset()).toBeGreaterThan(0);
    await untilHeading(page, 'NO CONNECTION');
    const lost = (await seenBy(page)).counts.at(-1)!;
    await until('it has tried again', () => refusal.count() > 1);
    await untilHeading(page, 'NO CONNECTION');
    // The page still shows the last counts.
    expect(await page.locator('.hop').count()).toBe(4);
    refusal.lift();
    await untilHeading(page, 'UNDER WAY');
    await until('the counts are newer', async () => {
      const { hops } = (await seenBy(page)).counts.at(-1)!;
      return hops.every((count, hop) => count > lost.hops[hop]!);
    });
    const { headings } = await seenBy(page);
    expect(headings).toEqual(['LOADING', 'UNDER WAY', 'NO CONNECTION', 'UNDER WAY']);
    // The browser itself logs each failed connection, and nothing else.
    expect(troubles.filter((trouble) => !trouble.includes('net::ERR_'))).toEqual([]);
    await page.context().close();
    await proxy.close();
  });

  test('search and filter find a planted defect on the page of a run that has ended', async () => {
    const { page, troubles } = await openLivePage(browser, list.address);
    await page.getByRole('link', { name: doubled }).click();
    await untilHeading(page, 'FAIL');
    expect(await page.locator('.hop.broken h3').allTextContents()).toEqual(['Consumer']);
    const items = page.locator('.findings > li');
    expect(await items.count()).toBe(2);
    const chip = page.getByRole('button', { name: '1 misclassified · consumer' });
    await chip.click();
    expect(await items.allInnerTexts()).toEqual([expect.stringMatching(/misclassified consumer p0-17/)]);
    await chip.click();
    await page.getByRole('searchbox').fill('p0-18');
    expect(await items.count()).toBe(0);
    await page.getByRole('searchbox').fill('p0-17');
    expect(await items.count()).toBe(2);
    await page.getByRole('button', { name: 'What happened to it?' }).click();
    const answer = page.locator('main details[open]');
    await answer.waitFor();
    const rows = (await answer.locator('li').allInnerTexts())
      .map(flat)
      .filter((step) => step.includes(' row '));
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual(expect.stringMatching(/✗ .*its category should be/));
    expect(rows).toContainEqual(expect.stringMatching(/as expected$/));
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('markup from hostile messages is shown as text in the list, on the page of a run and in an answer', async () => {
    makeHostileRun(folderOf(doubled), folderOf(strange));
    makeOddRun(folderOf(odd));
    const { page, troubles } = await openLivePage(browser, list.address);
    const expectText = async (): Promise<void> => {
      expect(await page.evaluate('window.owned')).toBeUndefined();
      expect(await page.locator('#app :is(script, img, iframe, b)').count()).toBe(0);
    };
    expect(await rowOf(page, odd).innerText()).toContain(hostile.markup);
    await expectText();
    await page.getByRole('link', { name: strange }).click();
    await untilHeading(page, 'FAIL');
    expect(await page.title()).toBe(`fail: run ${strange} · nodrop`);
    await expectText();
    const table = page.getByRole('region', { name: 'messages by state and category' });
    for (const place of [
      page.locator('.not-checked'),
      page.locator('.findings'),
      page.locator('.flow'),
      table,
    ])
      expect(await place.innerText()).toContain(hostile.markup);
    await page.getByRole('searchbox').fill('p0-18');
    await page.getByRole('button', { name: 'What happened to it?' }).click();
    const answer = page.locator('main details[open]');
    await answer.waitFor();
    const steps = (await answer.locator('li').allInnerTexts()).filter((step) =>
      step.includes(hostile.markup),
    );
    expect(steps.map(flat)).toEqual([
      expect.stringMatching(/ row ✗ .* at \d:\d+ is </),
      expect.stringMatching(/ dead letter ✗ \d:\d+: </),
    ]);
    await expectText();
    await expectToFit(page, 320);
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  test('Ctrl-C ends nodrop ui', async () => {
    list.child.kill('SIGINT');
    expect((await list.ended).code).toBe(130);
  });
});

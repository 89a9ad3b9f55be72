/** A report shows the facts of a run, and says what is unknown: read in a browser, from runs made on disk. */
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FaultRecord } from '../../src/result/result.ts';
import { hasBrowser, seriousProblems, startBrowser } from '../fixtures/browser.ts';
import {
  barSum,
  clipboardText,
  colorNamed,
  colorOf,
  countsIn,
  nodeOf,
  openReport,
  search,
  statusText,
  sum,
  textOf,
  type Looks,
} from '../fixtures/opened-report.ts';
import { lettersAt, makePageRun, spoilt, type PageRun, type PageRunOptions } from '../fixtures/page-run.ts';

const make = (options: PageRunOptions): Promise<PageRun> =>
  makePageRun(mkdtempSync(join(tmpdir(), 'nodrop-page-')), options);

const grouped = (count: number): string => count.toLocaleString('en-US').replaceAll(',', ' ');

const fail38 = { lost: 25, corrupted: 4, misclassified: 9 };
const fail8385 = { lost: 6_702, corrupted: 1_620, misclassified: 63 };
const many = 12_000;

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  const open = (run: PageRun, looks?: Looks): Promise<Page> => openReport(browser, run, looks);

  describe('with more findings than the page holds', () => {
    let run: PageRun;
    let page: Page;
    beforeAll(async () => {
      run = await make({ messages: many, spoil: spoilt(many, fail8385) });
      page = await open(run);
    });
    afterAll(() => page.context().close());

    test('the page shows the exact count of each kind, and the counts add up to the total', async () => {
      const { findings } = run.result;
      expect(findings.map(({ count }) => count).toSorted((a, b) => a - b)).toEqual([63, 1_620, 6_702]);
      for (const { kind, blame, count } of findings) {
        const chip = page.locator(`[data-kind=${kind}][data-blame=${blame}][data-count]`);
        expect(await countsIn(chip)).toEqual([count]);
        expect(await textOf(chip)).toBe(`✗ ${grouped(count)} ${kind} · ${blame}`);
      }
      expect(sum(await countsIn(page.locator('[data-kind][data-count]')))).toBe(8_385);
      expect(await statusText(page)).toBe('8 385 findings; this page holds 1 000 of them');
    });

    test('the search finds the last message of the rarest kind', async () => {
      await search(page, `p0-${many - 1}`);
      const section = page.getByRole('region', { name: 'Findings' });
      expect(await textOf(section)).not.toMatch(/No finding|Nothing is wrong/);
      expect(await page.locator('.findings > li').allInnerTexts()).toEqual([
        expect.stringMatching(/misclassified store p0-11999/),
      ]);
    });

    test('for a message whose finding the page does not hold, it does not say that there is none', async () => {
      // This message is corrupted, but its finding is neither on the page nor an example.
      const unheld = `p0-${fail8385.lost + fail8385.corrupted - 1}`;
      await search(page, unheld);
      expect(await page.locator('.findings > li').count()).toBe(0);
      expect(await statusText(page)).toBe(
        'It is not among the 1 000 findings on this page, of 8 385 in all.',
      );
      const command = `nodrop explain ${run.folder.id} ${unheld}`;
      await page.getByRole('button', { name: `Copy ${command}` }).click();
      expect(await clipboardText(page)).toBe(command);
    });

    test('with one kind chosen, the page says that findings of other kinds are hidden', async () => {
      await search(page, '');
      await page.locator('[data-kind=misclassified][data-count]').click();
      expect(await page.locator('.findings > li').count()).toBe(63);
      expect(await statusText(page)).toBe('63 misclassified (store)');
      await page.locator('[data-kind=lost][data-count]').click();
      expect(await statusText(page)).toMatch(/^6 702 lost \(store\); this page holds \d+ of them$/);
      await search(page, `p0-${many - 1}`);
      expect(await statusText(page)).toBe('1 of 8 385 findings names it, but it is hidden by the filters.');
    });

    test('the bar adds up to the acknowledged messages, and the report is smaller than 400 kB', async () => {
      expect(await barSum(page, 'acknowledged')).toBe(run.result.ledger.acked);
      expect(statSync(run.folder.report).size).toBeLessThan(400_000);
    });
  });

  describe.each([
    [1440, 'light'],
    [375, 'dark'],
  ] as const)('in a window %i px wide and %s', (width, colorScheme) => {
    let run: PageRun;
    let page: Page;
    beforeAll(async () => {
      run = await make({ messages: 400, spoil: spoilt(400, fail38) });
      page = await open(run, { width, colorScheme });
    });
    afterAll(() => page.context().close());

    test('in the timeline of a lost message, only the missing row is marked as wrong', async () => {
      await search(page, 'p0-0');
      const item = page.locator('.findings > li').first();
      await item.locator('summary').click();
      const wrong = item.locator('[data-look=wrong]');
      expect(await wrong.count()).toBe(1);
      expect(await wrong.getAttribute('data-lane')).toBe('store');
      expect(await textOf(wrong)).toBe('row ✗ no row of it');
      expect(await colorOf(wrong)).toBe(await colorNamed(page, '--bad'));
      expect(await colorOf(item.locator('[data-look=fact]').first())).toBe(await colorNamed(page, '--text'));
      expect(await textOf(item.locator('[data-standing]'))).toBe('✗ lost · the store is to blame');
    });

    test('if evidence cannot tell consumer and store apart, the page names both', async () => {
      const note = "or the store behind it: the consumer's journal records no contents";
      expect(await textOf(nodeOf(page, 'consumer'))).toContain(`4 corrupted ${note}`);
      expect(await nodeOf(page, 'store').innerText()).not.toContain('or the store behind it');
      await search(page, 'p0-25');
      const item = page.locator('.findings > li').first();
      expect(await textOf(item)).toContain(`To blame: the consumer, ${note}.`);
      await item.locator('summary').click();
      expect(await textOf(item.locator('[data-standing]'))).toBe(
        `✗ corrupted · the consumer is to blame, ${note}`,
      );
    });

    test('the page is not cut off, axe finds no serious problem, and the bar shows the right counts', async () => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await seriousProblems(page)).toEqual([]);
      expect(await countsIn(page.locator('[data-bar=acknowledged] [data-count]'))).toEqual([362, 13, 25, 0]);
    });

    test('plots that are not yet redrawn do not widen a page that has become narrow', async () => {
      await page.locator('.plot canvas').first().waitFor();
      const measured = await page.evaluate(`(() => {
        const section = document.querySelector('.plots').parentElement;
        section.style.width = '200px';
        const { clientWidth, scrollWidth } = section;
        const canvas = section.querySelector('canvas').clientWidth;
        section.style.width = '';
        return { isCanvasWider: canvas > clientWidth, isSectionWidened: scrollWidth > clientWidth };
      })()`);
      expect(measured).toEqual({ isCanvasWider: true, isSectionWidened: false });
    });
  });

  test('a hop without evidence is shown as not known, without a count', async () => {
    const run = await make({ messages: 501, isScanned: false });
    expect(run.result.verdict).toBe('inconclusive');
    const page = await open(run);
    const kafka = nodeOf(page, 'kafka');
    expect(await kafka.getAttribute('data-look')).toBe('unknown');
    expect(await textOf(kafka)).toBe('Kafka not known: no scan of the log could be read');
    expect(await textOf(nodeOf(page, 'consumer'))).toMatch(/^Consumer 501 delivered .* 501 written$/);
    expect(await statusText(page)).toBe('No finding; the log could not be checked.');
    expect(await textOf(page.locator('[data-bar=acknowledged]'))).toBe(
      '501 acknowledged 501 without a finding',
    );
    await page.context().close();
  });

  test('messages of aborted transactions are counted beside the acknowledged ones', async () => {
    const page = await open(await make({ messages: 30, aborted: 7 }));
    expect(await textOf(nodeOf(page, 'producer'))).toMatch(/30 acknowledged 7 aborted$/);
    await page.context().close();
  });

  test('a missing store and a missing journal are shown as not known, and not as empty', async () => {
    const run = await make({
      messages: 30,
      journal: 'none',
      spoil: (store) => store.exec('DROP TABLE offsets; DROP VIEW messages'),
    });
    expect(run.result.evidence).toMatchObject({ journal: 'missing', store: 'missing' });
    const page = await open(run);
    for (const name of ['consumer', 'store']) {
      expect(await nodeOf(page, name).getAttribute('data-look')).toBe('unknown');
      expect(await nodeOf(page, name).innerText()).not.toMatch(/\d/);
    }
    const sorted = page.getByRole('region', { name: 'Expected and stored' });
    expect(await textOf(sorted)).toBe('Expected and stored not known: the store could not be read');
    // There are no plots of stored messages, which would show 0.
    expect(await page.locator('.plot figcaption').allTextContents()).toEqual([
      'Messages per second',
      'Until acknowledged',
    ]);
    expect(await barSum(page, 'acknowledged')).toBe(30);
    await page.context().close();
  });

  test('a missed threshold is shown with the verdict, in the title and in its plot', async () => {
    const run = await make({
      messages: 100,
      thresholds: ['stored.p99<1ms', 'acked.p99 < 1s', 'stored.rate>5'],
    });
    const page = await open(run);
    expect(await textOf(page.locator('.verdict'))).toContain(
      '1 of 3 thresholds missed ✗ stored.p99 186 ms, wanted <1ms ✓ acked.p99 186 ms, wanted < 1s',
    );
    expect(await page.title()).toBe(`pass, threshold missed: run ${run.folder.id} · nodrop`);
    const line = page.locator('.plot [data-threshold="stored.p99"]');
    expect(await textOf(line)).toBe('stored.p99<1ms');
    const plot = page.locator('.plot', { has: page.locator('[data-threshold="stored.p99"]') });
    expect(await plot.locator('figcaption').textContent()).toBe('Until stored');
    const [place, frame] = [(await line.boundingBox())!, (await plot.locator('.u-over').boundingBox())!];
    expect(place.y + place.height).toBeLessThanOrEqual(frame.y + frame.height + 2);
    expect(place.y).toBeGreaterThanOrEqual(frame.y - 2);
    expect(await page.locator('.plot [data-threshold]').count()).toBe(3);
    await page.context().close();
  });

  test('for a consumer that hung, the page shows the delivered and the written messages', async () => {
    const page = await open(await make({ messages: 2_000, journal: 'hung' }));
    const text = await textOf(nodeOf(page, 'consumer'));
    expect(text).toMatch(/^Consumer 2 000 delivered /);
    expect(text).toMatch(/ 0 written$/);
    expect(await textOf(nodeOf(page, 'store'))).toMatch(/^Store 0 stored /);
    expect(await textOf(page.locator('[data-bar=acknowledged]'))).toContain('2 000 not judged');
    expect(await barSum(page, 'acknowledged')).toBe(2_000);
    await page.context().close();
  });

  test('latencies without those of a killed process are marked', async () => {
    const page = await open(await make({ messages: 60, isKilled: true }));
    const measured = page.getByRole('region', { name: 'Measured' });
    const [acked, stored] = await measured.locator('tbody tr').allInnerTexts();
    expect(acked).not.toContain('*');
    expect(stored!.match(/ \*/g)).toHaveLength(6);
    expect(await textOf(measured)).toContain(
      '* without latency-stored-1.hlog: it has no end: its process was killed',
    );
    await page.context().close();
  });

  test('dead letters are counted and listed, and those of a poison fault are marked', async () => {
    const published = [900, 901].map((offset) => ({ partition: 0, offset }));
    const poison: FaultRecord = {
      name: 'poison',
      schedule: 'poison@4s',
      target: 'the topic',
      startMs: 4_000,
      endMs: 5_000,
      tookEffect: true,
      evidence: [],
      published,
    };
    const run = await make({
      messages: 90,
      faults: [poison],
      spoil: lettersAt(0, [900, 901, 902], 'it is <b>no JSON'),
    });
    const page = await open(run);
    const more = page.getByRole('button', {
      name: '+3 dead letters, 2 of them published by the fault poison',
    });
    expect(await nodeOf(page, 'store').locator('button').count()).toBe(1);
    await more.click();
    const rows = page.locator('.letters tbody tr');
    expect((await rows.allInnerTexts()).map((row) => row.replaceAll(/\s+/g, ' '))).toEqual([
      '0:900 it is <b>no JSON fault poison Copy',
      '0:901 it is <b>no JSON fault poison Copy',
      '0:902 it is <b>no JSON – Copy',
    ]);
    await page.getByRole('button', { name: 'Copy the command that explains 0:901' }).click();
    expect(await clipboardText(page)).toBe(`nodrop explain ${run.folder.id} 0:901`);
    await page.context().close();
  });

  test('the page shows the setup of the run, and the command that repeats it can be copied', async () => {
    const command = ['nodrop', 'run', '--messages=80', '--seed=1', '--threshold=stored.p99<1s'];
    const page = await open(await make({ messages: 80, command }));
    const setup = page.getByRole('region', { name: 'Setup' });
    const names = await setup.locator('dt').allTextContents();
    const values = await setup.locator('dd').allTextContents();
    const facts = Object.fromEntries(names.map((name, index) => [name, values[index]]));
    expect(facts).toMatchObject({
      messages: '80',
      rate: 'as fast as possible',
      'payload bytes': '200',
      states: 'failed 1, completed 1, in-progress 1',
      brokers: '1',
      consumers: '1',
      store: 'SQLite',
      redelivered: '0',
    });
    expect(await textOf(setup)).toContain('Time: audit 12.0 ms, in all 3.40 s');
    expect(await textOf(setup)).toContain('Left out, since they may hold secrets: --command-config.');
    await setup.getByRole('button').click();
    const text = "nodrop run --messages=80 --seed=1 '--threshold=stored.p99<1s'";
    expect(await clipboardText(page)).toBe(text);
    expect(await setup.getByRole('button').textContent()).toBe('Copied');
    await page.context().close();
  });

  test('for a planned message of a passed run, the page says that nothing is wrong; for others it does not', async () => {
    const run = await make({ messages: 50 });
    expect(run.result.verdict).toBe('pass');
    const page = await open(run);
    await search(page, 'p0-17');
    expect(await statusText(page)).toBe('Nothing is wrong with it.');
    await search(page, 'p0-50');
    expect(await statusText(page)).toBe('No finding names it.');
    await page.context().close();
  });
});

/** The report of a run, opened from disk in a real browser without network. */
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { hasBrowser, seriousProblems, startBrowser, troublesOf } from '../fixtures/browser.ts';
import { copyOf, madeRun } from '../fixtures/made-run.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  /** The folder of a run with a finding and a fault that did not take effect. */
  let withFault: Promise<string>;
  beforeAll(() => {
    const [dir, run] = [newDir(), `r${randomUUID().slice(0, 8)}`];
    const options = [`--run=${run}`, `--dir=${dir}`, '--messages=200', '--fault=kill-producer@20m', at];
    withFault = nodrop(['run', ...options], { NODROP_SABOTAGE: 'misroute:17' }).then(() =>
      join(dir, 'runs', run),
    );
  });

  /** Opens the report; fails if the page requests anything from the network or logs an error. */
  async function open(
    folder: string,
    { width = 1440, colorScheme = 'light' }: { width?: number; colorScheme?: 'light' | 'dark' } = {},
  ): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      offline: true,
    });
    const page = await context.newPage();
    const troubles = troublesOf(page, (url) => /^(file|data):/.test(url));
    await page.goto(`file://${join(folder, 'report.html')}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(troubles).toEqual([]);
    return page;
  }

  test('the report of a passed run shows PASS, a sentence, and the count of each hop', async () => {
    const { folder, ended } = await madeRun();
    expect(ended.stdout).toMatch(/Report: .*report\.html/);
    const page = await open(folder);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('PASS');
    expect(await page.title()).toMatch(/^pass: run made-passed · nodrop$/);
    const text = await page.locator('main').innerText();
    expect(text).toContain(
      '200 of 200 acknowledged messages are stored once, in the right category, byte for byte.',
    );
    expect(text).toContain('Nothing was found wrong.');
    expect(text).toMatch(
      /To repeat the run: nodrop run --messages=200 --batch-size=1 --seed=7 --dir=\S+ --bootstrap-server=/,
    );
    const hops = await page.locator('.flow > li').allInnerTexts();
    expect(hops.map((hop) => hop.replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/^Producer 200 sent .*200 acknowledged$/),
      expect.stringContaining('Kafka 200 in the log'),
      expect.stringMatching(/^Consumer 200 delivered .*200 written$/),
      expect.stringContaining('Store 200 stored'),
    ]);
    expect(await page.locator('.plot canvas').count()).toBe(4);
    await page.getByRole('searchbox').fill('p0-17');
    expect(await page.getByRole('status').textContent()).toBe('Nothing is wrong with it.');
    expect(await page.locator('main').innerText()).toMatch(/nodrop explain made-passed p0-17/);
    // The plan has no such message, so the report cannot say that nothing is wrong with it.
    await page.getByRole('searchbox').fill('p0-200');
    expect(await page.getByRole('status').textContent()).toBe('No finding names it.');
    await page.context().close();
  });

  test('search and filters find a planted defect, and the report marks the hop that broke', async () => {
    const page = await open((await madeRun('double')).folder);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('FAIL');
    expect(await page.locator('.hop.broken h3').allTextContents()).toEqual(['Consumer']);
    const items = page.locator('.findings > li');
    expect(await items.count()).toBe(2);
    const timeline = items.first().locator('details');
    await timeline.locator('summary').click();
    const steps = (await timeline.locator('li').allInnerTexts()).map((step) => step.replaceAll(/\s+/g, ' '));
    expect(steps[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} intent p0, session 0, was about to send it$/);
    const rows = steps.filter((step) => step.includes(' row '));
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual(expect.stringMatching(/✗ .*its category should be/));
    expect(rows).toContainEqual(expect.stringMatching(/as expected$/));
    const chip = page.getByRole('button', { name: '1 misclassified · consumer' });
    await chip.click();
    expect(await items.allInnerTexts()).toEqual([expect.stringMatching(/misclassified consumer p0-17/)]);
    await chip.click();
    await page.getByRole('searchbox').fill('p0-18');
    expect(await items.count()).toBe(0);
    await page.getByRole('searchbox').fill('p0-17');
    expect(await items.count()).toBe(2);
    await page.context().close();
  });

  test.each([
    [320, 'light'],
    [1440, 'dark'],
  ] as const)(
    'a report %i px wide and %s is not cut off, and axe finds no serious problem',
    async (width, colorScheme) => {
      const page = await open(await withFault, { width, colorScheme });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await seriousProblems(page)).toEqual([]);
      await page.context().close();
    },
  );

  test('markup from hostile messages is shown as text', async () => {
    const { folder } = copyOf(await madeRun('misroute'));
    const hostile =
      '</script><script>document.title="owned"</script><img src=x onerror="document.title=1">\u2028';
    const line = JSON.parse(readFileSync(join(folder, 'findings.jsonl'), 'utf8')) as object;
    writeFileSync(
      join(folder, 'findings.jsonl'),
      `${JSON.stringify({ ...line, id: hostile, detail: hostile })}\n`,
    );
    const { pageDataOf, writeReport } = await import('../../src/page/report-page.ts');
    const { RunFolder } = await import('../../src/run-folder/run-folder.ts');
    const run = new RunFolder(join(folder, '../..'), folder.split('/').at(-1)!);
    const result = JSON.parse(readFileSync(run.result, 'utf8')) as never;
    const data = await pageDataOf(run, result, run.store);
    expect(data.findings[0]).toMatchObject({ id: hostile });
    expect(await writeReport(run, result, run.store)).toBeUndefined();
    const page = await open(folder);
    expect(await page.title()).toMatch(/^fail: run/);
    expect(await page.locator('.findings').innerText()).toContain('</script><script>');
    expect(await page.locator('.findings img').count()).toBe(0);
    await page.context().close();
  });
});

test('a report is smaller than 200 kB', async () => {
  const { folder } = await madeRun();
  expect(statSync(join(folder, 'report.html')).size).toBeLessThan(200_000);
});

test('a report that cannot be written is noted on stderr, and does not change the verdict', async () => {
  const { folder } = copyOf(await madeRun());
  const { rmSync, mkdirSync } = await import('node:fs');
  rmSync(join(folder, 'report.html'));
  mkdirSync(join(folder, 'report.html'));
  const [id, dir] = [folder.split('/').at(-1)!, join(folder, '../..')];
  const { code, stderr, stdout } = await nodropInProcess(['verify', id, `--dir=${dir}`]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/The report was not written: .*report\.html/);
  expect(stdout).toContain('PASS');
});

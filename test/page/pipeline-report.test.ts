/** The page of a run of a user's pipeline, in a browser: its hops, where they branch, and what is known while it goes on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSource } from '../../src/page/folder-run-source.ts';
import type { PageData } from '../../src/page/page-data.ts';
import { contentPolicy, pageHtml, pageTemplate } from '../../src/page/page-html.ts';
import { startDashboard, type Dashboard } from '../../src/page/server/server.ts';
import type { Result } from '../../src/result/result.ts';
import { hasBrowser, seriousProblems, startBrowser, troublesOf } from '../fixtures/browser.ts';
import { GrowingPipelineRun } from '../fixtures/growing-pipeline-run.ts';
import { openLivePage, untilHeading } from '../fixtures/live-page.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { barSum, nodeOf, search, statusText, textOf } from '../fixtures/opened-report.ts';
import { driven } from '../report/results.ts';

const foreign = /\b(check|sink could|stored|delivered|states?|producers?:)\b/i;

describe.skipIf(!hasBrowser)('in a browser', () => {
  const dir = newDir();
  let browser: Browser;
  let dashboard: Dashboard;
  beforeAll(async () => {
    const page = readFileSync(pageTemplate, 'utf8');
    const served = { source: runSource(dir), page, contentPolicy: contentPolicy(page, "'self'"), port: 0 };
    [browser, dashboard] = await Promise.all([startBrowser(), startDashboard(served)]);
  });
  afterAll(async () => {
    await Promise.all([browser.close(), dashboard.close()]);
  });

  async function open(result: Result, width = 1440, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const findings = result.findings.flatMap(({ kind, blame, hop, examples }) =>
      examples.map((example) => ({ kind, blame, ...(hop !== undefined && { hop }), ...example })),
    );
    const data: PageData = {
      schema: 1,
      createdAt: 0,
      result,
      planned: null,
      series: null,
      findings,
      findingsInAll: findings.length,
      timelines: {},
      deadLetters: null,
      setup: null,
    };
    const path = join(newDir(), 'report.html');
    writeFileSync(path, pageHtml(readFileSync(pageTemplate, 'utf8'), data));
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      offline: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(5_000);
    const troubles = troublesOf(page, (url) => /^(file|data):/.test(url));
    await page.goto(`file://${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(troubles).toEqual([]);
    return page;
  }

  const boxesOf = async (page: Page): Promise<Record<string, { x: number; y: number }>> =>
    Object.fromEntries(
      await Promise.all(
        (await page.locator('.hop').all()).map(
          async (hop) => [await hop.getAttribute('data-node'), (await hop.boundingBox())!] as const,
        ),
      ),
    );

  test('a report names the root, each hop with what was expected and found, and where a finding shows', async () => {
    const page = await open(driven);
    expect(await page.title()).toBe('fail: run demo · nodrop');
    const text = await textOf(page.locator('body'));
    expect(text).toContain(
      'FAIL From the producer on: 2 lost at enriched (consumer), 1 lost at table (consumer)',
    );
    expect(text).toContain('pipeline orders source topic:orders');
    expect(text).toContain('the ledger: nodrop made the messages');
    expect(text).toContain('commits are what groups report');
    expect(text).toContain('10 (test orders are filtered)');
    expect(text).not.toMatch(foreign);
    expect(await page.locator('.hop.broken h3').allTextContents()).toEqual(['enriched', 'table']);
    expect(await textOf(nodeOf(page, 'enriched'))).toBe(
      'enriched 988 records ✗ 990 expected postgres://localhost/enriched ✗ 2 lost · consumer',
    );
    expect(await textOf(nodeOf(page, 'letters'))).toContain('from source 0 records ✓ 0 expected');
    expect(await barSum(page, 'acknowledged')).toBe(1000);
    expect(await textOf(page.locator('.scroll', { hasText: 'fed by' }))).toContain(
      'table 990 ✗ 987 postgres://localhost/table enriched – column:id json:amount=column:amount as numbers',
    );
  });

  test('the findings of one kind at two hops are chosen apart, and a search finds ids of any form', async () => {
    const page = await open(driven);
    const chip = page.getByRole('button', { name: '1 lost at table · consumer' });
    await chip.click();
    expect(await page.locator('.findings > li').allInnerTexts()).toEqual([
      expect.stringMatching(/lost at table\s+consumer demo-19/),
    ]);
    expect(await statusText(page)).toBe('1 lost at table (consumer)');
    await chip.click();
    await search(page, 'demo-20');
    expect(await textOf(page.locator('main'))).toContain('nodrop explain demo demo-20');
  });

  test('hops stand to the right of what feeds them, branches below, and on a phone one below the other', async () => {
    const wide = await boxesOf(await open(driven));
    expect(wide['source']!.x).toBeGreaterThan(wide['handed-over']!.x);
    expect(wide['letters']!.x).toBe(wide['enriched']!.x);
    expect(wide['letters']!.y).toBeGreaterThan(wide['enriched']!.y);
    expect([wide['table']!.y, wide['source']!.y]).toEqual([wide['enriched']!.y, wide['enriched']!.y]);
    const narrow = await boxesOf(await open(driven, 375));
    expect(new Set(Object.values(narrow).map(({ x }) => x)).size).toBe(1);
    expect(Object.keys(narrow)).toEqual(['handed-over', 'source', 'enriched', 'table', 'letters']);
  });

  test('unknown outcomes explain rows beyond those that are expected, and a pipeline without a topic is whole', async () => {
    const { pipeline } = driven;
    const [, , , table] = pipeline!.destinations;
    const page = await open({
      ...driven,
      verdict: 'pass',
      findings: [],
      evidence: { ...driven.evidence, log: 'missing' },
      ledger: { ...driven.ledger, acked: 990, unknown: 10 },
      acknowledged: { right: 990, wrong: 0, lost: 0, unjudged: 0 },
      pipeline: {
        ...pipeline!,
        source: 'http://localhost:3000',
        destinations: [{ ...table!, from: null, expected: 990, found: 996 }],
      },
    });
    expect(await textOf(nodeOf(page, 'table'))).toContain('996 rows ✓ 990 expected');
    expect(await textOf(page.locator('[data-bar=acknowledged]'))).toBe('990 acknowledged 990 correct');
    expect(await statusText(page)).toBe('Nothing was found wrong.');
  });

  test.each([
    [1440, 'dark'],
    [700, 'light'],
    [320, 'dark'],
  ] as const)('at %i px, %s, the report is accessible and fits', async (width, colorScheme) => {
    const page = await open(driven, width, colorScheme);
    expect(await seriousProblems(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  test('the live page and the list show a run from its start until it was stopped', async () => {
    const run = new GrowingPipelineRun(dir, 'grows', 100);
    run.note({ type: 'phase', phase: 'starting' });
    const addressOf = (path: string): string => `${dashboard.origin}${path}?token=${dashboard.token}`;
    const { page, troubles } = await openLivePage(browser, addressOf('/'));
    await page.goto(addressOf('/runs/grows'));
    await untilHeading(page, 'UNDER WAY');
    const says = (sentence: string): Promise<void> => page.getByText(sentence, { exact: true }).waitFor();
    await says('Apache Kafka and the processes of the pipeline are starting.');
    run.note({ type: 'phase', phase: 'publishing' });
    run.ledger.intend(0, 60);
    run.outcome('acked', 0, 30);
    run.outcome('unknown', 30, 5);
    await says('Messages are being handed over to orders.');
    await nodeOf(page, 'handed-over').getByText('25 not answered yet').waitFor();
    expect(await textOf(page.locator('[data-bar=planned]'))).toBe(
      '100 planned 30 acknowledged 5 rejected or of unknown outcome 25 not answered yet 40 still to hand over',
    );
    expect(await nodeOf(page, 'pipeline').getAttribute('data-look')).toBe('unknown');
    expect(await nodeOf(page, 'pipeline').innerText()).not.toMatch(/\d/);
    run.ledger.intend(60, 40);
    run.outcome('acked', 35, 65);
    run.note({ type: 'phase', phase: 'draining' });
    run.note({ type: 'step', text: 'something is missing or different: all is read again in 5 s' });
    await says('Something is missing or different: all is read again in 5 s.');
    expect(await barSum(page, 'planned')).toBe(100);
    expect(await seriousProblems(page)).toEqual([]);

    const { page: list } = await openLivePage(browser, addressOf('/'));
    const row = list.getByRole('row').filter({ has: list.getByRole('link', { name: 'grows' }) });
    await row.waitFor();
    expect(await textOf(row)).toMatch(/^grows orders ▶ under way/);
    await run.stop();
    await untilHeading(page, 'NO VERDICT');
    await says('The run was stopped before it came to a verdict: run nodrop run orders again.');
    expect(troubles).toEqual([]);
    await page.context().close();
    await list.context().close();
  });
});

/** The live page of a run, from its start to its verdict and after it, in a real browser. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { hasBrowser, startBrowser } from '../fixtures/browser.ts';
import {
  endServing,
  openLivePage,
  seenBy,
  startServing,
  untilHeading,
  type Serving,
} from '../fixtures/live-page.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const newRun = (): string => `l${randomUUID().slice(0, 8)}`;

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  let kept: Serving;
  beforeAll(async () => {
    // This run ends while the first test watches another one, so that the second test need not wait for it.
    const run = ['run', `--run=${newRun()}`, `--dir=${newDir()}`, '--messages=300', at];
    [browser, kept] = await Promise.all([startBrowser(), startServing([...run, '--ui', '--keep-open'])]);
  });
  afterAll(async () => {
    endServing();
    await browser.close();
  });

  test('the page shows a run from its start to its verdict without a reload', async () => {
    const run = newRun();
    const serving = await startServing([
      'run',
      `--run=${run}`,
      `--dir=${newDir()}`,
      '--rate=500',
      // Longer than a busy machine takes to open the page.
      '--duration=10s',
      '--ui',
      at,
    ]);
    expect(new URL(serving.address).pathname).toBe(`/runs/${run}`);
    const { page, troubles } = await openLivePage(browser, serving.address);
    await untilHeading(page, 'UNDER WAY');
    // The token is removed from the address, so the browser's history does not keep it.
    expect(page.url()).toBe(`${new URL(serving.address).origin}/runs/${run}`);
    await untilHeading(page, 'PASS');
    await page.getByText('The run has ended and was audited.').waitFor();
    expect(await page.title()).toBe(`pass: run ${run} · nodrop`);
    const { headings, counts } = await seenBy(page);
    expect(headings).toEqual(['LOADING', 'UNDER WAY', 'PASS']);

    const last = counts.at(-1)!;
    expect(last.hops).toEqual([5_000, 5_000, 5_000, 5_000]);
    for (const [hop] of last.hops.entries()) {
      const growth = counts.map(({ hops }) => hops[hop]!);
      expect(growth).toEqual(growth.toSorted((a, b) => a - b));
      expect(new Set(growth).size).toBeGreaterThan(6);
      for (const state of [0, 1, 2]) {
        const ofState = counts.map(({ states }) => states[hop]![state] ?? 0);
        expect(ofState).toEqual(ofState.toSorted((a, b) => a - b));
        expect(new Set(ofState).size).toBeGreaterThan(6);
      }
    }
    const goingOn = counts.filter(({ hops: [sent] }) => sent! > 0 && sent! < 5_000);
    const seconds = (goingOn.at(-1)!.atMs - goingOn[0]!.atMs) / 1_000;
    expect(seconds).toBeGreaterThan(4);
    expect((goingOn.length - 1) / seconds).toBeGreaterThan(2);

    expect(troubles).toEqual([]);
    const { code, stdout, stderr } = await serving.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('Live page: ')]);
    expect(stdout).toContain('PASS');
    await page.context().close();
  });

  test('with --keep-open the page answers after the verdict, and Ctrl-C ends it with the exit code of the verdict', async () => {
    await kept.said(/The page stays open until Ctrl-C/);
    const { page, troubles } = await openLivePage(browser, kept.address);
    await untilHeading(page, 'PASS');
    expect((await seenBy(page)).headings).toEqual(['LOADING', 'PASS']);
    expect(await page.getByText('The run has ended').count()).toBe(0);
    const ask = async (message: string): Promise<void> => {
      await page.getByRole('searchbox').fill(message);
      await page.getByRole('button', { name: 'What happened to it?' }).click();
    };
    await ask('p0-17');
    const timeline = page.locator('details', { hasText: 'What happened to p0-17' });
    await timeline.waitFor();
    const steps = (await timeline.locator('li').allInnerTexts()).map((step) => step.replaceAll(/\s+/g, ' '));
    expect(steps[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} intent p0, session 0, was about to send it$/);
    expect(steps.at(-1)).toMatch(/ row \S+ at \d:\d+, as expected$/);
    expect(troubles).toEqual([]);
    await ask('p9-9');
    await page
      .getByText(/^Run \w+ knows no message p9-9: it was not planned, and no evidence has it\.$/)
      .waitFor();
    expect(await timeline.count()).toBe(0);
    // The browser itself logs the 404, and nothing else.
    expect(troubles).toEqual([expect.stringContaining('the server responded with a status of 404')]);

    kept.child.kill('SIGINT');
    const { code, stdout } = await kept.ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining('PASS')]);
    await page.context().close();
  });
});

test('--keep-open without --ui is wrong usage', async () => {
  const dir = newDir();
  const { code, stderr } = await nodropInProcess(['run', `--dir=${dir}`, '--keep-open', at]);
  expect([code, stderr]).toEqual([64, expect.stringContaining('Add --ui')]);
  expect(existsSync(join(dir, 'runs'))).toBe(false);
});

test('if the port of the page is taken, nothing is started', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const dir = newDir();
  const { code, stdout, stderr } = await nodrop(['run', `--dir=${dir}`, `--ui=${port}`, at]);
  other.close();
  expect([code, stdout]).toEqual([69, '']);
  expect(stderr).toMatch(`nodrop: The page cannot be served on port ${port}: listen EADDRINUSE`);
  expect(stderr).toContain('Choose another port, or leave it out for a free one.');
  expect(existsSync(join(dir, 'runs'))).toBe(false);
});

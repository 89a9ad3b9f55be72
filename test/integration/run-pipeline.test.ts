/** A user's pipeline, run from a test: nodrop's messages go through a program that knows nothing of nodrop. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { runPipeline } from '../../src/index.ts';
import '../../src/matchers/vitest.ts';
import { hasBrowser, startBrowser } from '../fixtures/browser.ts';
import { newDir } from '../fixtures/nodrop.ts';
import { textOf } from '../fixtures/opened-report.ts';

/** An application on kafkajs that forwards `NAME` to `NAME.out`. `isWrong`: it loses, doubles and changes a message each. */
function forwarding(name: string, isWrong: boolean): Config {
  return {
    kafka: { bootstrapServers: inject('bootstrapServers') },
    processes: {
      forwarder: {
        command: [process.execPath, 'test/fixtures/forwarder.cjs', name],
        ready: { group: `${name}-group` },
        env: { IS_WRONG: String(isWrong) },
      },
    },
    pipelines: {
      orders: {
        source: { topic: name },
        messages: { count: 200 },
        sinks: {
          out: {
            topic: `${name}.out`,
            compare: { 'json:sequence': 'json:sequence' },
            group: `${name}-group`,
          },
        },
        settle: '1s',
      },
    },
  };
}

const newName = (): string => `p${randomUUID().slice(0, 8)}`;

/** The report of the wrong application's run, once it has run. */
let report: string;

test('a healthy application has lost nothing', async () => {
  const [name, lines] = [newName(), [] as string[]];
  const result = await runPipeline(forwarding(name, false), 'orders', {
    dir: newDir(),
    onProgress: (line) => lines.push(line),
  });
  expect(result).toHaveLostNothing();
  // nodrop says which topics it leaves on a cluster that is not its own.
  expect(lines).toContain(
    `nodrop made topic ${name}.out at ${inject('bootstrapServers')}; it stays after the run.`,
  );
  expect(result).toMatchObject({
    root: 'ledger',
    acknowledged: { right: 200 },
    pipeline: { name: 'orders' },
  });
});

test('an application that loses, doubles and changes messages is blamed, and each is named', async () => {
  const result = await runPipeline(forwarding(newName(), true), 'orders', { dir: newDir() });
  report = `file://${result.folder}/report.html`;
  const found = result.findings.map(({ kind, blame, hop, count, examples }) => [
    kind,
    blame,
    hop,
    count,
    examples[0]!.sequence,
  ]);
  expect(found).toEqual([
    ['lost', 'consumer', 'out', 1, 17],
    ['duplicated', 'consumer', 'out', 1, 18],
    ['corrupted', 'consumer', 'out', 1, 19],
  ]);
  expect(() => expect(result).toHaveLostNothing()).toThrow('FAIL  From the producer on: 1 lost at out');
});

test.skipIf(!hasBrowser)('its report shows the hop where a message was lost, and its timeline', async () => {
  await using browser = await startBrowser();
  const page = await (await browser.newContext({ offline: true })).newPage();
  await page.goto(report);
  expect(await textOf(page.locator('.verdict'))).toContain(
    'FAIL From the producer on: 1 lost at out (consumer)',
  );
  expect(await page.locator('.hop.broken h3').allTextContents()).toEqual(['out']);
  const lost = page.locator('.findings li[data-kind=lost]');
  await lost.locator('summary').click();
  const steps = await lost.locator('details li').allInnerTexts();
  expect(steps[0]).toMatch(/intent\s+p0, session 0, was about to send it$/);
  expect(steps.at(-1)).toMatch(/hop\s+✗ out: not there$/);
});

/**
 * The example applications, clean and under faults: a healthy one passes, and each planted bug is found with the right kind at the
 * right hop. With NODROP_TABLE=FILE, what was observed goes to that file as a table, for docs/reference/evidence.md.
 */
import { appendFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  applications,
  conditions,
  faultsOf,
  runId,
  type Condition,
  type FaultedApplication,
  type PlantedBug,
} from '../fixtures/applications/faulted-applications.ts';
import { proveExample } from '../fixtures/applications/prove-example.ts';
import { pythonMissing } from '../fixtures/applications/python-consumer.ts';
import type { Config } from '../../src/config/config.ts';
import { messageMaker } from '../../src/config/make-messages.ts';
import type { PipelineRun } from '../../src/index.ts';

/** In about six seconds, so that each fault begins and ends while messages come. */
const messages = 240;
const rate = 40;
const seed = 21;

async function prove(
  { example, preparation, process, storm, hasNoGroup }: FaultedApplication,
  condition: Condition,
  { env = {}, change = (config) => config, ...bug }: Partial<PlantedBug> = {},
): Promise<{ run: PipelineRun; config: Config }> {
  const stormed = condition === 'rebalance storm' ? storm : undefined;
  const schedules = bug.faults ?? faultsOf[condition](stormed?.stormed ?? process);
  const shared = (config: Config): Config =>
    stormed === undefined ? config : { ...config, processes: stormed.processes(config.processes![process]!) };
  let used: Config | undefined;
  const run = await proveExample(example, preparation, {
    messages,
    rate: bug.rate ?? rate,
    seed,
    run: runId,
    faults: schedules,
    env,
    change: (config, folder) => {
      const changed = change(shared(config), folder);
      const orders = changed.pipelines['orders']!;
      // A shorter wait does where a group says how far the application has come.
      used = hasNoGroup ? changed : { ...changed, pipelines: { orders: { ...orders, settle: '2s' } } };
      return used;
    },
  });
  expect(run.faults.map(({ schedule, tookEffect }) => ({ schedule, tookEffect }))).toEqual(
    schedules.map((schedule) => ({ schedule, tookEffect: true })),
  );
  return { run, config: used! };
}

/** The ids of the messages that the bug strikes, from the messages alone. */
function struckIds(config: Config, strikes: NonNullable<PlantedBug['strikes']>): Set<string> {
  const make = messageMaker(config.pipelines['orders']!.messages, runId, seed);
  const all = Array.from({ length: messages }, (_, sequence) => make(sequence));
  const struck = all.filter(({ id, value }) =>
    strikes({ id, order: orderIn(Buffer.from(value!).toString()) }),
  );
  return new Set(struck.map(({ id }) => id));
}

const orderIn = (text: string): Record<string, unknown> =>
  text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};

const foundBy = ({ findings }: PipelineRun): unknown[] =>
  findings.map(({ kind, hop, blame }) => ({ kind, hop, blame }));

describe.each(applications)('$example', (application) => {
  const { example, preparation, bugs, hasNoGroup } = application;
  const cannotRun = preparation === 'venv' && pythonMissing !== undefined;

  const possible = conditions.filter((condition) => !hasNoGroup || condition !== 'rebalance storm');

  describe.each(possible)('%s', (condition) => {
    test.skipIf(cannotRun)('a healthy application passes', async () => {
      const { run } = await prove(application, condition);
      note([example, condition, 'healthy', run]);
      expect(run, run.folder).toMatchObject({ verdict: 'pass', findings: [] });
      // While the service is away, it acknowledges nothing.
      expect(run.acknowledged.right).toBeGreaterThan(messages / 4);
    });

    test.skipIf(cannotRun).each(bugs.filter(({ under }) => under === condition))(
      'the bug $bug is found as $found.0.kind at $found.0.hop, and nothing else is found',
      async (bug) => {
        const { run, config } = await prove(application, condition, bug);
        note([example, condition, bug.bug, run]);
        expect(run.verdict, run.folder).toBe('fail');
        expect(foundBy(run), run.folder).toEqual(bug.found);
        if (bug.strikes === undefined) return;
        const struck = struckIds(config, bug.strikes);
        const { count, examples } = run.findings[0]!;
        expect(count).toBe(struck.size);
        expect(examples.filter(({ id }) => !struck.has(id!))).toEqual([]);
      },
    );
  });
});

/** Appends a row: application, condition, bug, verdict, findings. */
function note([example, condition, bug, run]: [string, Condition, string, PipelineRun]): void {
  const file = process.env['NODROP_TABLE'];
  if (file === undefined) return;
  const findings = run.findings.map(({ kind, hop, blame, count }) => `${count} ${kind} at ${hop} (${blame})`);
  const row = [example, condition, bug, run.verdict, findings.join(', ') || 'none'];
  appendFileSync(file, `| ${row.join(' | ')} |\n`);
}

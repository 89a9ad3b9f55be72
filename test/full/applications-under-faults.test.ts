/**
 * The example applications, clean and under faults: a healthy one passes, and each planted bug is found with the right kind at the
 * right hop. With NODROP_TABLE=FILE, what was observed goes to that file as a table, for docs/reference/evidence.md.
 */
import { appendFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  conditions,
  faultedApplications,
  faultsOf,
  plantedIds,
  runId,
  type Condition,
  type FaultedApplication,
  type PlantedBug,
} from '../fixtures/applications/faulted-applications.ts';
import { proveExample } from '../fixtures/applications/prove-example.ts';
import { pythonMissing } from '../fixtures/applications/python-consumer.ts';
import type { Config } from '../../src/config/config.ts';
import type { PipelineRun } from '../../src/index.ts';

/** In about six seconds, so that each fault begins and ends while messages come. */
const messages = 240;
const rate = 40;

async function prove(
  { example, preparation, process, several }: FaultedApplication,
  condition: Condition,
  { env = {}, change = (config) => config }: Partial<PlantedBug> = {},
): Promise<PipelineRun> {
  const shared = (config: Config): Config =>
    condition !== 'rebalance storm' || several === undefined
      ? config
      : { ...config, processes: { [process]: several(config.processes![process]!) } };
  const run = await proveExample(example, preparation, {
    messages,
    rate,
    seed: 21,
    run: runId,
    faults: faultsOf[condition](process),
    env,
    change: (config, folder) => change(shared(config), folder),
  });
  expect(run.faults.map(({ schedule, tookEffect }) => ({ schedule, tookEffect }))).toEqual(
    faultsOf[condition](process).map((schedule) => ({ schedule, tookEffect: true })),
  );
  return run;
}

const foundBy = ({ findings }: PipelineRun): unknown[] =>
  findings.map(({ kind, hop, blame }) => ({ kind, hop, blame }));

describe.each(faultedApplications)('$example', (application) => {
  const { example, preparation, bugs, without = {} } = application;
  const cannotRun = preparation === 'venv' && pythonMissing !== undefined;

  describe.each(conditions.filter((condition) => without[condition] === undefined))('%s', (condition) => {
    test.skipIf(cannotRun)('a healthy application passes', async () => {
      const run = await prove(application, condition);
      note([example, condition, 'healthy', run]);
      expect(run, run.folder).toMatchObject({ verdict: 'pass', findings: [] });
    });

    test.skipIf(cannotRun).each(bugs.filter(({ under }) => under === condition))(
      'the bug $bug is found as $found.kind at $found.hop, and nothing else is',
      async (bug) => {
        const run = await prove(application, condition, bug);
        note([example, condition, bug.bug, run]);
        expect(run.verdict, run.folder).toBe('fail');
        expect(foundBy(run), run.folder).toEqual([bug.found]);
        if (bug.planted === true)
          expect(new Set(run.findings[0]!.examples.map(({ id }) => id))).toEqual(new Set(plantedIds));
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

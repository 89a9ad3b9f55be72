/** An application that starts more slowly than `settle`, and of which no group is known: nothing tells it from one that loses all. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { runPipeline } from '../../src/index.ts';
import type { PipelineRun } from '../../src/run/user-pipeline/run-pipeline.ts';
import { newDir } from '../fixtures/nodrop.ts';

async function runSlowly(startsAfterMs: number): Promise<PipelineRun> {
  const name = `s${randomUUID().slice(0, 8)}`;
  const config = {
    kafka: { bootstrapServers: inject('bootstrapServers') },
    processes: {
      forwarder: {
        command: [process.execPath, 'test/fixtures/forwarder.cjs', name],
        env: { STARTS_AFTER_MS: String(startsAfterMs) },
      },
    },
    pipelines: {
      orders: {
        source: { topic: name },
        messages: { count: 50 },
        sinks: { out: { topic: `${name}.out` } },
        settle: '500ms',
        timeout: '15s',
      },
    },
  };
  return await runPipeline(config, 'orders', { dir: newDir() });
}

test('if it comes to write in time, the run passes', async () => {
  expect(await runSlowly(4_000)).toMatchObject({ verdict: 'pass', findings: [] });
});

test('if it never writes anything, nothing is found lost, and the run is inconclusive', async () => {
  const { verdict, findings, notChecked } = await runSlowly(600_000);
  expect({ verdict, findings }).toEqual({ verdict: 'inconclusive', findings: [] });
  expect(notChecked[0]).toMatch(/^Nothing has come to out, and no consumer group tells/);
});

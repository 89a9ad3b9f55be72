/** An application whose group never commits an offset: nothing tells how far it is. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { runPipeline, type PipelineRun } from '../../src/index.ts';
import { newDir } from '../fixtures/nodrop.ts';

function forward(isWrong: boolean): Promise<PipelineRun> {
  const name = `p${randomUUID().slice(0, 8)}`;
  const config = {
    kafka: { bootstrapServers: inject('bootstrapServers') },
    processes: {
      forwarder: {
        command: [process.execPath, 'test/fixtures/forwarder.cjs', name],
        ready: { group: `${name}-group` },
        env: { COMMITS: 'never', IS_WRONG: String(isWrong) },
      },
    },
    pipelines: {
      orders: {
        source: { topic: name },
        messages: { count: 200 },
        sinks: { out: { topic: `${name}.out` } },
        settle: '1s',
        timeout: '6s',
      },
    },
  };
  return runPipeline(config, 'orders', { dir: newDir() });
}

test('an application that never commits passes if all has arrived', async () => {
  expect(await forward(false)).toMatchObject({ verdict: 'pass', acknowledged: { right: 200 } });
});

test('a message that is missing behind a group that never commits is not called lost', async () => {
  const { findings, notChecked } = await forward(true);
  // The bytes of the message that was changed are not compared here.
  expect(findings).toMatchObject([{ kind: 'duplicated', hop: 'out', count: 1 }]);
  expect(notChecked.join(' ')).toMatch(/Group p\w+-group is at work and has committed nothing/);
});

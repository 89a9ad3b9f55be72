/** A run whose list of findings cannot be written still reaches its verdict, and says what is missing. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { runPipeline } from '../../src/index.ts';
import { RunFolder } from '../../src/run-folder/run-folder.ts';
import { newDir } from '../fixtures/nodrop.ts';

test('a folder stands where the file of findings goes', async () => {
  const [name, dir, run, lines] = [`p${randomUUID().slice(0, 8)}`, newDir(), 'blocked', [] as string[]];
  const { findings } = new RunFolder(dir, run);
  const blocked = ['sh', '-c', 'mkdir -p "$0" && exec "$@"', join(findings, 'folder')];
  const result = await runPipeline(
    {
      kafka: { bootstrapServers: inject('bootstrapServers') },
      processes: {
        forwarder: {
          command: [...blocked, process.execPath, 'test/fixtures/forwarder.cjs', name],
          ready: { group: `${name}-group` },
          env: { IS_WRONG: 'true' },
        },
      },
      pipelines: {
        orders: {
          source: { topic: name },
          messages: { count: 200 },
          sinks: { out: { topic: `${name}.out`, group: `${name}-group` } },
          settle: '1s',
        },
      },
    },
    'orders',
    { dir, run, onProgress: (line) => lines.push(line) },
  );
  expect(result).toMatchObject({ verdict: 'fail', findings: [{ kind: 'lost' }, { kind: 'duplicated' }] });
  expect(lines.join('\n')).toContain(`${findings} was not written: `);
});

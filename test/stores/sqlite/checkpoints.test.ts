import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Checkpoints } from '../../../src/stores/sqlite/checkpoints.ts';

test('a checkpoint thread that cannot open the database ends neither the writer nor its close', async () => {
  const rejections: unknown[] = [];
  const onRejection = (error: unknown): void => void rejections.push(error);
  process.on('unhandledRejection', onRejection);
  onTestFinished(() => void process.off('unhandledRejection', onRejection));
  const checkpoints = new Checkpoints(
    join(mkdtempSync(join(tmpdir(), 'nodrop-')), 'missing', 'store.sqlite'),
  );
  // The first checkpoint is due a moment after the opening.
  const later = performance.now() + 60_000;
  vi.spyOn(performance, 'now').mockReturnValueOnce(later);
  checkpoints.committed();
  await checkpoints.close();
  await new Promise((resolve) => setImmediate(resolve));
  expect(rejections).toEqual([]);
});

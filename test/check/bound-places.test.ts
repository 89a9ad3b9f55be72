import { expect, test } from 'vitest';
import { newDir } from '../fixtures/nodrop.ts';
import { nodropInProcess } from '../fixtures/nodrop-in-process.ts';

test('positions of several topics need the column of the topic', async () => {
  const { code, stderr } = await nodropInProcess([
    'check',
    '--bootstrap-server=127.0.0.1:1',
    '--topic=orders',
    '--topic=refunds',
    '--id=position',
    '--sink=sqlite:none.sqlite',
    '--table=rows',
    '--sink-id=columns:kafka_partition,kafka_offset',
    `--dir=${newDir()}`,
  ]);
  expect(code).toBe(64);
  expect(stderr).toContain('does not tell of which of the 2 topics a row is');
});

/** Runs with each compression codec, and with client settings that no other test sets. */
import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

const at = `--bootstrap-server=${inject('bootstrapServers')}`;
const runId = (): string => `r${randomUUID().slice(0, 8)}`;

test('a run passes with each compression codec, and with linger.ms and acks=1', async () => {
  const dir = newDir();
  for (const [index, setting] of ['gzip', 'snappy', 'lz4', 'zstd'].entries()) {
    const args = [
      'run',
      '--json',
      `--dir=${dir}`,
      `--run=${runId()}`,
      '--messages=200',
      '-X',
      `compression.type=${setting}`,
    ];
    if (index === 0) args.push('-X', 'linger.ms=5', '-X', 'acks=1');
    const { code, stderr } = await nodrop([...args, at]);
    expect(code, `${setting}: ${stderr}`).toBe(0);
  }
});

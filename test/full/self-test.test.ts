/** The whole live self-test, on both stores: every defect is caught, and every clean twin is silent. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { LiveDetection } from '../../src/self-test/live/live-self-test.ts';
import { isCaught } from '../../src/report/terminal/detection-lines.ts';
import { inTransactions, type LiveDefect } from '../../src/self-test/live/live-defect.ts';
import { liveDefects } from '../../src/self-test/live/live-defects.ts';
import { newDir, nodrop } from '../fixtures/nodrop.ts';

interface Document {
  live: boolean;
  planted: number;
  caught: number;
  detections: LiveDetection[];
}

const timeoutMs = 900_000;

test.each<[store: string, options: string[], defects: readonly LiveDefect[]]>([
  ['sqlite', [], liveDefects],
  ['postgres', [], liveDefects],
  ['sqlite', ['--transactional'], inTransactions(liveDefects)],
])(
  'the live self-test on %s %j catches every defect',
  async (store, options, defects) => {
    const { location, password } = inject('postgres');
    const dir = newDir();
    const args = ['self-test', ...options, '--json', '--quiet', `--dir=${dir}`];
    const { code, stdout, stderr } = await nodrop(
      store === 'postgres' ? [...args, `--store=${location}`] : args,
      { PGPASSWORD: password },
    );
    expect(stdout, stderr).not.toBe('');
    const { live, planted, caught, detections } = JSON.parse(stdout) as Document;
    expect(detections.filter((detection) => !isCaught(detection))).toEqual([]);
    expect([code, live, planted, caught]).toEqual([0, true, defects.length, defects.length]);
    expect(existsSync(join(dir, 'runs')) ? readdirSync(join(dir, 'runs')) : []).toEqual([]);
  },
  timeoutMs,
);

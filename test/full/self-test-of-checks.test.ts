/** The part of the live self-test that plants defects in topics and tables of other programs, and checks them. */
import { expect, test } from 'vitest';
import { isCaught } from '../../src/report/terminal/detection-lines.ts';
import { liveDefectsOfChecks } from '../../src/self-test/live/live-defects-of-checks.ts';
import { detect, runsIn } from '../fixtures/detect.ts';
import { newDir } from '../fixtures/nodrop.ts';

test('each defect of a check is found, with blame and id, and its healthy twin is silent', async () => {
  const dir = newDir();
  const detections = await detect(dir, liveDefectsOfChecks);
  expect(detections.filter((detection) => !isCaught(detection))).toEqual([]);
  expect(detections).toHaveLength(liveDefectsOfChecks.length);
  expect(runsIn(dir)).toEqual([]);
}, 120_000);

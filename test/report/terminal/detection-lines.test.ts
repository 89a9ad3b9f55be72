import { expect, test } from 'vitest';
import {
  detectionHead,
  detectionLine,
  matrixLines,
  totalsLines,
  type LiveDetectionReport,
} from '../../../src/report/terminal/detection-lines.ts';
import { noColors } from '../../../src/report/text/colours.ts';
import { liveDefects } from '../../../src/self-test/live/live-defects.ts';

const caught: LiveDetectionReport = {
  defect: 'a row that nobody wrote',
  hop: 'store',
  expected: { kind: 'phantom' },
  planted: true,
  found: true,
  blamedRightly: true,
  twinSilent: true,
};
const unplanted = { ...caught, planted: false, found: false, blamedRightly: false };

test('a line says what became of a defect, and says so where it did not come about', () => {
  const lines = [
    detectionHead(noColors),
    ...[caught, { ...caught, blamedRightly: false }, unplanted].map((each) => detectionLine(each, noColors)),
  ];
  expect(lines).toEqual([
    'defect                                             hop      found blamed twin',
    'a row that nobody wrote                            store    yes   yes    yes',
    'a row that nobody wrote                            store    yes   NO     yes',
    'a row that nobody wrote                            store    not planted  yes',
  ]);
});

test('the matrix counts by kind and hop; what was not planted, blamed or silent was not caught', () => {
  const lost = { ...caught, expected: { kind: 'lost' }, hop: 'log' };
  const all = [
    caught,
    unplanted,
    lost,
    { ...lost, twinSilent: false },
    { ...lost, blamedRightly: false },
    { ...caught, expected: 'inconclusive' as const, hop: 'plan' },
  ];
  expect(matrixLines(all, noColors)).toEqual([
    'caught / planted            plan   ledger      log  journal    store    group',
    'lost                           ·        ·      1/3        ·        ·        ·',
    'phantom                        ·        ·        ·        ·      1/2        ·',
    'inconclusive                 1/1        ·        ·        ·        ·        ·',
  ]);
  expect(totalsLines(all)).toEqual([
    '5 defects planted: 5 found, 4 blamed rightly, 5 clean twins silent',
    '1 not planted: nothing is known about them',
  ]);
});

test('80 columns hold all there is to say', () => {
  const all = liveDefects.map(({ name, hop, expected }) => ({ ...unplanted, defect: name, hop, expected }));
  const lines = [
    ...all.map((each) => detectionLine(each, noColors)),
    ...matrixLines(all, noColors),
    ...totalsLines(all),
  ];
  expect(lines.filter(({ length }) => length > 80)).toEqual([]);
  // Columns that are not pushed aside.
  expect(new Set(all.map((each) => detectionLine(each, noColors).indexOf('not planted')))).toEqual(
    new Set([60]),
  );
});

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

test('the line of a defect tells whether it was found, blamed and silent, or that it was not planted', () => {
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

test('the matrix counts defects by kind and hop, and only those as caught that are found, blamed and silent', () => {
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

test('the lines of all live defects fit 80 columns', () => {
  const all = liveDefects.map(({ name, hop, expected }) => ({ ...unplanted, defect: name, hop, expected }));
  const lines = [
    ...all.map((each) => detectionLine(each, noColors)),
    ...matrixLines(all, noColors),
    ...totalsLines(all),
  ];
  expect(lines.filter(({ length }) => length > 80)).toEqual([]);
  // The columns stay aligned.
  expect(new Set(all.map((each) => detectionLine(each, noColors).indexOf('not planted')))).toEqual(
    new Set([60]),
  );
});

/** The results of a self-test for a person at a terminal: a line for each defect, and a matrix of all. */
import { findingKinds } from '../../result/verdict.ts';
import type { Palette } from '../text/colours.ts';
import { counted } from '../../text/counted.ts';

/** A defect, and whether the audit caught it. */
export interface DetectionReport {
  defect: string;
  hop: string;
  found: boolean;
  blamedRightly: boolean;
  twinSilent: boolean;
}

/** A defect that was planted in a live pipeline. */
export interface LiveDetectionReport extends DetectionReport {
  expected: { kind: string } | 'inconclusive';
  planted: boolean;
}

const nameWidth = 50;
const hopWidth = 8;
const kindWidth = 23;
const cellWidth = 9;
const hops = ['plan', 'ledger', 'log', 'journal', 'store', 'group'];

export const isCaught = ({ found, blamedRightly, twinSilent }: DetectionReport): boolean =>
  found && blamedRightly && twinSilent;

/** The detections as a document, with how many were caught. */
export const countsOf = (detections: readonly DetectionReport[]): object => ({
  planted: detections.length,
  caught: detections.filter(isCaught).length,
  detections,
});

export const detectionHead = ({ faint }: Palette, what = 'defect'): string =>
  faint(`${what.padEnd(nameWidth)} ${'hop'.padEnd(hopWidth)} found blamed twin`);

export function detectionLine(
  { defect, hop, found, blamedRightly, twinSilent, planted = true }: DetectionReport & { planted?: boolean },
  { good, bad }: Palette,
): string {
  const mark = (is: boolean, width: number): string => (is ? good : bad)((is ? 'yes' : 'NO').padEnd(width));
  const marks = planted ? `${mark(found, 5)} ${mark(blamedRightly, 6)}` : bad('not planted '.padEnd(12));
  return `${defect.padEnd(nameWidth)} ${hop.padEnd(hopWidth)} ${marks} ${mark(twinSilent, 4)}`.trimEnd();
}

/** A separate section: tampering with a run that had passed. */
export const tamperingLines = (detections: readonly DetectionReport[], palette: Palette): string[] => [
  '',
  detectionHead(palette, 'tampering with a run that passed'),
  ...detections.map((detection) => detectionLine(detection, palette)),
  ...totalsLines(detections, 'tampering'),
];

export function totalsLines(
  detections: readonly (DetectionReport & { planted?: boolean })[],
  what = 'defect',
): string[] {
  const count = (is: (detection: DetectionReport & { planted?: boolean }) => boolean): number =>
    detections.filter(is).length;
  const unplanted = count(({ planted }) => planted === false);
  const silent = count(({ twinSilent }) => twinSilent);
  return [
    `${counted(detections.length - unplanted, what)} planted: ${count(({ found }) => found)} found, ` +
      `${count(({ blamedRightly }) => blamedRightly)} blamed rightly, ` +
      `${counted(silent, 'clean twin')} silent`,
    ...(unplanted === 0 ? [] : [`${unplanted} not planted: nothing is known about them`]),
  ];
}

/** Caught and planted defects, by the expected finding (rows) and the hop that shows it (columns). */
export function matrixLines(detections: readonly LiveDetectionReport[], palette: Palette): string[] {
  const { good, bad, faint, strong } = palette;
  const cell = (kind: string, hop: string): string => {
    const there = detections.filter((one) => one.hop === hop && kindOf(one) === kind);
    if (there.length === 0) return faint('·'.padStart(cellWidth));
    const caught = there.filter((one) => one.planted && isCaught(one)).length;
    const text = `${caught}/${there.length}`.padStart(cellWidth);
    return caught === there.length ? good(text) : bad(text);
  };
  const kinds = [...findingKinds, 'inconclusive'].filter((kind) =>
    detections.some((detection) => kindOf(detection) === kind),
  );
  return [
    faint(`${'caught / planted'.padEnd(kindWidth)}${hops.map((hop) => hop.padStart(cellWidth)).join('')}`),
    ...kinds.map((kind) =>
      `${strong(kind.padEnd(kindWidth))}${hops.map((hop) => cell(kind, hop)).join('')}`.trimEnd(),
    ),
  ];
}

const kindOf = ({ expected }: LiveDetectionReport): string =>
  expected === 'inconclusive' ? expected : expected.kind;

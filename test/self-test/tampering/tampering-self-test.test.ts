import { readdirSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { detectionLine, isCaught, tamperingLines } from '../../../src/report/terminal/detection-lines.ts';
import { noColors } from '../../../src/report/text/colours.ts';
import { tamperings } from '../../../src/self-test/tampering/tamperings.ts';
import { tamperingSelfTest } from '../../../src/self-test/tampering/tampering-self-test.ts';
import { newDir } from '../../fixtures/nodrop.ts';

test('every tampering is caught, and every twin passes', async () => {
  // Elsewhere other tests make the same folders at the same time.
  const dir = newDir();
  vi.stubEnv('TMPDIR', dir);
  const detections = await tamperingSelfTest();
  vi.unstubAllEnvs();
  expect(detections.filter((detection) => !isCaught(detection))).toEqual([]);
  expect(detections.length).toBeGreaterThanOrEqual(20);
  expect(new Set(tamperings.map(({ name }) => name)).size).toBe(tamperings.length);
  expect(readdirSync(dir)).toEqual([]);
});

test('the self-test reports a missed tampering, a wrong blame, and a false alarm on the twin', async () => {
  const deleted = tamperings.find(({ name }) => name === 'a row deleted')!;
  const nothing = async (): Promise<void> => undefined;
  const detections = await tamperingSelfTest([
    { ...deleted, plant: nothing },
    { ...deleted, expected: { kind: 'lost', blame: 'consumer' } },
    { ...deleted, expected: 'inconclusive' },
    { ...deleted, twin: deleted.plant },
  ]);
  expect(detections).toMatchObject([
    { found: false, blamedRightly: false, twinSilent: true },
    { found: true, blamedRightly: false, twinSilent: true },
    { found: false, blamedRightly: false, twinSilent: true },
    { found: true, blamedRightly: true, twinSilent: false },
  ]);
});

test('the section of tamperings in the report fits 80 columns', () => {
  const all = tamperings.map(({ name, hop }) => ({
    defect: name,
    hop,
    found: true,
    blamedRightly: true,
    twinSilent: true,
  }));
  const lines = tamperingLines(all, noColors);
  expect(lines.slice(0, 3)).toEqual([
    '',
    'tampering with a run that passed                   hop      found blamed twin',
    'a partition number beyond 32 bits                  store    yes   yes    yes',
  ]);
  expect(lines.at(-1)).toBe(
    `${all.length} tamperings planted: ${all.length} found, ${all.length} blamed rightly, ${all.length} clean twins silent`,
  );
  expect(lines.filter(({ length }) => length > 80)).toEqual([]);
  expect(new Set(all.map((each) => detectionLine(each, noColors).indexOf('yes')))).toEqual(new Set([60]));
});

import { expect, test } from 'vitest';
import { selfTest } from '../../../src/self-test/histories/self-test.ts';
import { plantedDefects } from '../../../src/self-test/histories/planted-defects.ts';
import { findingKinds } from '../../../src/result/verdict.ts';

test('the self-test catches every planted defect, and no clean twin has findings', async () => {
  const detections = await selfTest();
  const escaped = detections.filter((one) => !one.found || !one.blamedRightly || !one.twinSilent);
  expect(escaped).toEqual([]);
  expect(detections.length).toBeGreaterThanOrEqual(30);
});

test('every kind of finding that a history can have is planted, and all names differ', () => {
  const kinds = plantedDefects.flatMap(({ expected }) =>
    expected === 'inconclusive' ? [] : [expected.kind],
  );
  // Only live runs can stall.
  expect(findingKinds.filter((kind) => kind !== 'stalled' && !kinds.includes(kind))).toEqual([]);
  expect(new Set(plantedDefects.map(({ name }) => name)).size).toBe(plantedDefects.length);
});

test('the self-test reports a missed defect, a wrong blame, and a false alarm on the twin', async () => {
  const [defect] = plantedDefects;
  const nothing = (): void => undefined;
  expect(await selfTest([{ ...defect!, plant: nothing }])).toMatchObject([
    { found: false, blamedRightly: false },
  ]);
  expect(await selfTest([{ ...defect!, expected: { kind: 'lost', blame: 'store' } }])).toMatchObject([
    { found: true, blamedRightly: false },
  ]);
  expect(await selfTest([{ ...defect!, twin: defect!.plant }])).toMatchObject([
    { found: true, twinSilent: false },
  ]);
});

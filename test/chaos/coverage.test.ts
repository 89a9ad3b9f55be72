import { expect, test } from 'vitest';
import { chaosPhases, Coverage } from '../../src/chaos/coverage.ts';
import { shrunk } from '../../src/chaos/shrink.ts';
import type { TimedRunEvent } from '../../src/run-folder/run-events.ts';

const phase = (time: number, name: 'publishing' | 'draining' | 'auditing'): TimedRunEvent => ({
  type: 'phase',
  phase: name,
  time,
});
/** The start of a fault counts from the first send, at 1 000 ms. */
const fault = (time: number, index: number, schedule: string, tookEffect: boolean, endMs: number | null) =>
  ({
    type: 'fault',
    index,
    time,
    fault: {
      name: schedule.split(/[:@]/)[0]!,
      schedule,
      target: 'x',
      startMs: time - 1_000,
      endMs,
      tookEffect,
      evidence: [],
    },
  }) satisfies TimedRunEvent;

test('a fault counts for each phase in which it acted and took effect', () => {
  const coverage = new Coverage([
    { name: 'kill-leader', phases: chaosPhases },
    { name: 'poison', phases: chaosPhases },
    { name: 'kill-producer', phases: ['beginning', 'sending'] },
  ]);
  coverage.add([
    // The phase begins before the first send, while consumers join.
    phase(400, 'publishing'),
    fault(1_500, 0, 'kill-leader@500ms+1s', false, null),
    fault(2_500, 0, 'kill-leader@500ms+1s', true, 1_500),
    fault(2_900, 1, 'cut:producer@2s+4s', false, null),
    phase(6_000, 'draining'),
    fault(6_500, 1, 'cut:producer@2s+4s', true, 5_500),
    fault(6_600, 2, 'pause-consumer@5s+never', false, null),
    // After the last send there is no producer to act on.
    fault(6_700, 3, 'kill-producer@5500ms+2s', false, null),
    fault(7_700, 3, 'kill-producer@5500ms+2s', true, 7_500),
    phase(8_000, 'auditing'),
    fault(8_100, 2, 'pause-consumer@5s+never', true, null),
  ]);
  expect(coverage.table).toEqual({
    'kill-leader': { beginning: 1, sending: 0, draining: 0 },
    poison: { beginning: 0, sending: 0, draining: 0 },
    // While draining there is no producer.
    'kill-producer': { beginning: 0, sending: 0, draining: null },
    'cut:producer': { beginning: 1, sending: 1, draining: 1 },
    'pause-consumer': { beginning: 0, sending: 0, draining: 1 },
  });
});

test('a fault without effect counts for no phase', () => {
  const coverage = new Coverage([]);
  coverage.add([
    phase(0, 'publishing'),
    fault(100, 0, 'lock-store@1s', false, null),
    fault(300, 0, 'lock-store@1s', false, 300),
    phase(9_000, 'draining'),
  ]);
  expect(coverage.table).toEqual({});
});

test('a failing schedule is shrunk to the faults that the failure needs', async () => {
  const tried: string[] = [];
  const fails = async (faults: readonly string[]): Promise<boolean> => {
    tried.push(faults.join(''));
    return faults.includes('b') && faults.includes('d');
  };
  expect(await shrunk(['a', 'b', 'c', 'd', 'e'], fails, () => false)).toEqual(['b', 'd']);
  expect(tried).toEqual(['abcd', 'abc', 'abd', 'ad', 'bd']);
  expect(await shrunk(['a', 'b'], fails, () => true)).toEqual(['a', 'b']);
});

/** When the faults of a schedule count as over, which may be before they have ended. */
import { expect, test } from 'vitest';
import type { ScheduledFault } from '../../src/faults/fault-schedule.ts';
import type { Fault, Pipeline } from '../../src/faults/fault.ts';
import { beginSchedule, type RunningSchedule } from '../../src/faults/run-schedule.ts';

// The faults of these tests do not use the pipeline.
const pipeline = {} as Pipeline;

function scheduled(name: string, lastsMs: number, change: Partial<Fault> = {}): ScheduledFault {
  const fault: Fault = {
    name,
    does: '',
    expected: '',
    example: '',
    lastsMs,
    problem: () => undefined,
    begin: async () => ({ target: name, end: async () => ({ tookEffect: true, evidence: [] }) }),
    ...change,
  };
  return { fault, detail: undefined, value: undefined, atMs: 0, lastsMs };
}

const begin = (...schedule: ScheduledFault[]): { running: RunningSchedule; notes: string[] } => {
  const notes: string[] = [];
  return {
    running: beginSchedule(schedule, pipeline, {
      note: (line) => notes.push(line),
      changed: (index, { name, endMs }) =>
        notes.push(`${index}: ${name} ${endMs === null ? 'goes on' : 'has ended'}`),
    }),
    notes,
  };
};

test('a fault is over when it is mended, or at once if it stays, lasts to the end of the run or failed to begin', async () => {
  const failing = { begin: () => Promise.reject(new Error('nobody was at work.')) };
  const { running, notes } = begin(
    scheduled('mended', 60),
    scheduled('left', Infinity),
    scheduled('seen-at-end', 0, { lastsToEnd: true }),
    scheduled('failed', 0, failing),
  );
  await running.over;
  expect(notes.filter((line) => line.endsWith('is over'))).toEqual([expect.stringMatching(/^fault: mended/)]);
  const records = await running.end();
  expect(records.map(({ name, tookEffect, endMs }) => [name, tookEffect, endMs !== null])).toEqual([
    ['mended', true, true],
    ['left', true, false],
    ['seen-at-end', true, true],
    ['failed', false, false],
  ]);
  expect(notes).toEqual(
    expect.arrayContaining(['0: mended goes on', '0: mended has ended', '1: left goes on']),
  );
  expect(records[3]!.evidence).toEqual(['nobody was at work']);
});

test('a fault that is not due yet is over when the run ends', async () => {
  const { running } = begin({ ...scheduled('late', 0), atMs: 3_600_000 });
  const over = running.over.then(() => 'over');
  expect(await Promise.race([over, Promise.resolve('not yet')])).toBe('not yet');
  expect(await running.end()).toMatchObject([{ tookEffect: false, startMs: null }]);
  expect(await over).toBe('over');
});

test('an empty schedule is over at once', async () => {
  const { running } = begin();
  await running.over;
  expect(await running.end()).toEqual([]);
});

/** When the faults of a schedule count as over, which is not when they have ended. */
import { expect, test } from 'vitest';
import type { ScheduledFault } from '../../src/faults/fault-schedule.ts';
import type { Fault, Pipeline } from '../../src/faults/fault.ts';
import { beginSchedule, type RunningSchedule } from '../../src/faults/run-schedule.ts';

// They touch nothing of it.
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

test('one that is mended is over then; one that never is, that lasts to the end or that failed, at once', async () => {
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

test('those that are not due yet are over when the run is', async () => {
  const { running } = begin({ ...scheduled('late', 0), atMs: 3_600_000 });
  const over = running.over.then(() => 'over');
  expect(await Promise.race([over, Promise.resolve('not yet')])).toBe('not yet');
  expect(await running.end()).toMatchObject([{ tookEffect: false, startMs: null }]);
  expect(await over).toBe('over');
});

test('no faults are over at once', async () => {
  const { running } = begin();
  await running.over;
  expect(await running.end()).toEqual([]);
});

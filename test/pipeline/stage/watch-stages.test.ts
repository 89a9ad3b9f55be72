import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Stage } from '../../../src/pipeline/stage/stage.ts';
import { killWhatHangs, killWhatStandsStill } from '../../../src/pipeline/stage/watch-stages.ts';

const limitMs = 10_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const unused = (): never => expect.unreachable('nothing is to come of it');

/** A stage without a process: a test sets when it was heard and when it moved. */
class FakeStage implements Stage {
  readonly role = 'consumer';
  readonly name: string;
  readonly pid = 1;
  readonly exited = new Promise<never>(() => undefined);
  readonly signals: string[] = [];
  readonly heardAtMs: Stage['heardAtMs'];
  readonly movedAtMs: Stage['movedAtMs'];

  constructor(name: string, heardAtMs: Stage['heardAtMs'], movedAtMs: Stage['movedAtMs'] = heardAtMs) {
    this.name = name;
    this.heardAtMs = heardAtMs;
    this.movedAtMs = movedAtMs;
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): boolean {
    this.signals.push(signal);
    return this.signals.length === 1;
  }

  tell = unused;
  stop = unused;
  kill = unused;
  start = unused;
  suspend = unused;
  resume = unused;
  untilAt = unused;
  ended = unused;
  goOn = unused;
  leave = unused;
}

const now = (): number => performance.now();
const begin = (): (() => number) => {
  const atMs = now();
  return () => atMs;
};

test('a stage that is silent for longer than the limit is killed, and reported once', () => {
  const silent = new FakeStage('silent', begin());
  const talking = new FakeStage('talking', now);
  const suspended = new FakeStage('suspended', () => undefined);
  const killed: string[] = [];
  const timer = killWhatHangs([silent, talking, suspended], limitMs, ({ name }) => killed.push(name));
  vi.advanceTimersByTime(limitMs);
  expect(killed).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(killed).toEqual(['silent']);
  expect(silent.signals).toContain('SIGKILL');
  expect([...talking.signals, ...suspended.signals]).toEqual([]);
  clearInterval(timer);
});

test('all consumers are killed if none of them makes progress for longer than the limit', () => {
  const consumers = [new FakeStage('one', now, begin()), new FakeStage('other', now, begin())];
  const killed: string[] = [];
  const timer = killWhatStandsStill(consumers, limitMs, ({ name }) => killed.push(name));
  vi.advanceTimersByTime(limitMs);
  expect(killed).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(killed).toEqual(['one', 'other']);
  clearInterval(timer);
});

test.each([
  ['another one makes progress', now],
  ['another one is held by a fault or not ready yet', () => undefined],
])('a consumer without progress is not killed if %s', (_, movedAtMs) => {
  const consumers = [new FakeStage('still', now, begin()), new FakeStage('other', now, movedAtMs)];
  const timer = killWhatStandsStill(consumers, limitMs, unused);
  vi.advanceTimersByTime(3 * limitMs);
  expect(consumers.flatMap(({ signals }) => signals)).toEqual([]);
  clearInterval(timer);
});

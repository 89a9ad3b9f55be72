/** Measures one `nodrop run` from end to end on the bench's broker, and checks that it passed. */
import { join } from 'node:path';
import type { Result, Timings } from '../src/result/result.ts';
import type { PeakBytes } from './peak-memory.ts';
import type { Rig } from './rig.ts';
import { endOf, timeProcess } from './time-process.ts';

export interface RunSettings {
  messages: number;
  payloadBytes: number;
  partitions: number;
  producers: number;
  consumers: number;
  store: 'SQLite' | 'PostgreSQL';
}

export interface RunSample {
  seconds: number;
  peakBytes: PeakBytes;
  timings: Timings;
}

export const program = join(import.meta.dirname, '../bin/nodrop.js');
/** Messages per batch, for every process that the bench starts. */
export const batchSize = 1_000;
/** A broker refuses record batches above 1 MiB, and a whole batch may go to one partition. */
const batchBytesMax = 500_000;

const usual = { payloadBytes: 200, partitions: 3, producers: 1, consumers: 1, store: 'SQLite' } as const;

export const runSettings = (settings: Partial<RunSettings> & { messages: number }): RunSettings => ({
  ...usual,
  ...settings,
});

const keyOf = ({ messages, payloadBytes, partitions, producers, consumers, store }: RunSettings): string =>
  `${store}: ${messages} × ${payloadBytes} B, partitions ${partitions}, producers ${producers}, consumers ${consumers}`;

/** Measures a run, and keeps the sample for other parts. */
export async function measureRun(rig: Rig, settings: RunSettings): Promise<RunSample> {
  await warmUp(rig);
  const sample = await runOnce(rig, settings);
  rig.runs.set(keyOf(settings), [...(rig.runs.get(keyOf(settings)) ?? []), sample]);
  return sample;
}

/**
 * The wanted number of samples of each run: reuses the samples of other parts, and measures the rest in turn. A run
 * that fails has no samples: its error is printed, and the other runs go on.
 */
export async function measuredRuns(
  rig: Rig,
  wanted: readonly { settings: RunSettings; rounds: number }[],
): Promise<RunSample[][]> {
  const samplesOf = (settings: RunSettings): RunSample[] => rig.runs.get(keyOf(settings)) ?? [];
  const failed = new Set<string>();
  const roundsMax = Math.max(...wanted.map(({ rounds }) => rounds));
  for (let round = 1; round <= roundsMax; round++) {
    for (const { settings, rounds } of wanted) {
      const name = `round ${round} of ${rounds}: ${keyOf(settings)}`;
      if (round > rounds || samplesOf(settings).length >= round || failed.has(keyOf(settings))) continue;
      try {
        const { seconds } = await measureRun(rig, settings);
        rig.say(`${name}: ${seconds.toFixed(2)} s`);
      } catch (error) {
        rig.signal.throwIfAborted();
        rig.say(`${name}: ${String(error)}`);
        failed.add(keyOf(settings));
      }
    }
  }
  return wanted.map(({ settings }) => (failed.has(keyOf(settings)) ? [] : samplesOf(settings)));
}

const warmUpMessages = 50_000;
const warm = new WeakSet<object>();

/** Does the first run, which is slower: the broker is cold, and Java has not compiled its code yet. */
export async function warmUp(rig: Rig): Promise<void> {
  const kafka = await rig.kafka();
  if (warm.has(kafka)) return;
  await runOnce(rig, runSettings({ messages: warmUpMessages }));
  warm.add(kafka);
}

async function runOnce(rig: Rig, settings: RunSettings): Promise<RunSample> {
  if (settings.store === 'SQLite') return await timeRun(rig, settings);
  return await rig.withSchema((location) => timeRun(rig, settings, [`--store=${location}`]));
}

/** `more`: further options. `onLine` gets each line of the run's output. */
export async function timeRun(
  rig: Rig,
  settings: RunSettings,
  more: readonly string[] = [],
  onLine: (line: string) => void = () => undefined,
): Promise<RunSample> {
  const { messages, payloadBytes, partitions, producers, consumers } = settings;
  const args = [
    program,
    'run',
    '--json',
    '--quiet',
    `--bootstrap-server=${await rig.bootstrapServers()}`,
    ...(await rig.configOption()),
    `--messages=${messages}`,
    `--batch-size=${Math.min(batchSize, batchBytesMax / payloadBytes)}`,
    `--payload-bytes=${payloadBytes}`,
    `--partitions=${partitions}`,
    `--producers=${producers}`,
    `--consumers=${consumers}`,
    ...more,
  ];
  return await rig.withFolder(async (dir) => {
    const { signal } = rig;
    const timed = await timeProcess(process.execPath, [...args, `--dir=${dir}`], { signal, onLine });
    const { seconds, peakBytes, tail } = timed;
    const result = resultIn(tail);
    if (result?.verdict !== 'pass' || result.store?.rows !== messages)
      throw new Error(`a run did not pass${endOf(tail)}`);
    return { seconds, peakBytes, timings: result.timings };
  });
}

/** Finds the result in the output. Node may print warnings before or after it. */
export function resultIn(lines: readonly string[]): Result | undefined {
  const document = lines.findLast((line) => line.startsWith('{'));
  return document === undefined ? undefined : (JSON.parse(document) as Result);
}

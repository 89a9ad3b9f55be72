/** The time, at a given rate, until messages are acknowledged and until they are stored. */
import { build, HistogramLogReader } from 'hdr-histogram-js';
import { readFileSync } from 'node:fs';
import type { Latency, Result } from '../../src/result/result.ts';
import { latencyFileName, RunFolder } from '../../src/run-folder/run-folder.ts';
import { batchSize, program, resultIn, warmUp } from '../nodrop-run.ts';
import type { Part } from '../part.ts';
import type { Rig } from '../rig.ts';
import { atMost, groupedDigits, tableOf } from '../table.ts';
import { endOf, timeProcess } from '../time-process.ts';

const rates = [5_000, 50_000] as const;
/** The limit (ms) for the p99 until messages are stored, at the lowest rate. */
const p99MsMax = 30;
const percentiles = ['p50', 'p90', 'p99', 'p99.9'] as const;
/** Excluded: in the first seconds of a process, its code is not compiled yet. */
const warmUpSeconds = 2;

type Percentiles = Pick<Latency, (typeof percentiles)[number]>;

interface Sample {
  rate: number;
  rates: Result['rates'];
  latency: Record<'acked' | 'stored', Percentiles>;
  storedWarm: Percentiles;
}

export const latency: Part = {
  name: 'latency',
  title: 'Latency',
  about: `\`nodrop run --rate N --duration T\` into SQLite, with 200-byte payloads in 3 partitions and batches of at
most ${groupedDigits(batchSize)}. Milliseconds from when a message was due, which a schedule says and not the sender: until Kafka had
acknowledged it, and until the store had committed it. One run for each rate; the rate is reached where the last
column says so. A third line leaves out what was stored in the first ${warmUpSeconds} seconds: until then the processes run code that
nobody has compiled yet.`,
  measure: async (rig) => {
    await warmUp(rig);
    const samples: Sample[] = [];
    for (const rate of rates) samples.push(await runAt(rig, rate));
    return { tables: [tableFor(samples)], samples };
  },
};

async function runAt(rig: Rig, rate: number): Promise<Sample> {
  const { latencySeconds } = rig.plan;
  rig.say(`${groupedDigits(rate)} messages/s for ${latencySeconds} s`);
  const args = [
    program,
    'run',
    '--json',
    '--quiet',
    `--bootstrap-server=${await rig.bootstrapServers()}`,
    `--rate=${rate}`,
    `--duration=${latencySeconds}s`,
    `--batch-size=${batchSize}`,
  ];
  return await rig.withFolder(async (dir) => {
    const { tail } = await timeProcess(process.execPath, [...args, `--dir=${dir}`], { signal: rig.signal });
    const result = resultIn(tail);
    if (result?.verdict !== 'pass' || result.latency.stored?.count !== rate * latencySeconds)
      throw new Error(`a run did not pass${endOf(tail)}`);
    const { acked, stored } = result.latency;
    const log = new RunFolder(dir, result.run.id).file(latencyFileName('stored', '1'));
    return {
      rate,
      rates: result.rates,
      latency: { acked: acked!, stored },
      storedWarm: warmPercentiles(log),
    };
  });
}

function warmPercentiles(path: string): Percentiles {
  const reader = new HistogramLogReader(readFileSync(path, 'utf8'));
  const first = reader.nextIntervalHistogram();
  const fromMs = first!.startTimeStampMsec + warmUpSeconds * 1_000;
  // A histogram that was read from a log has room only for its own values.
  const sum = build({ numberOfSignificantValueDigits: 3 });
  for (
    let next = reader.nextIntervalHistogram(fromMs / 1_000);
    next !== null;
    next = reader.nextIntervalHistogram()
  )
    sum.add(next);
  const at = (percentile: number): number => sum.getValueAtPercentile(percentile) / 1_000;
  return { p50: at(50), p90: at(90), p99: at(99), 'p99.9': at(99.9) };
}

function tableFor(samples: readonly Sample[]): string {
  const rows = samples.flatMap(({ rate, rates: reached, latency, storedWarm }) => {
    const line = (name: string, figures: Percentiles, perSecond: number | null): string[] => [
      `${groupedDigits(rate)}/s, ${name}`,
      ...percentiles.map((which) => figures[which].toFixed(1)),
      perSecond === null ? '' : groupedDigits(perSecond),
    ];
    return [
      line('until acked', latency.acked, reached.acked),
      line('until stored', latency.stored, reached.stored),
      line(`after ${warmUpSeconds} s`, storedWarm, null),
    ];
  });
  const { p99 } = samples[0]!.latency.stored;
  rows[1]![3] = atMost(p99, p99MsMax, p99.toFixed(1));
  return tableOf(['ms from when a message was due', ...percentiles, 'messages/s'], rows);
}

/** The peak memory of each process of a run. */
import { measuredRuns, runSettings } from '../nodrop-run.ts';
import type { Part } from '../part.ts';
import { atMost, failed, groupedDigits, mebibytes, tableOf } from '../table.ts';

const mebibytesMax = 300;
const processes = ['run', 'produce', 'consume'];

export const memory: Part = {
  name: 'memory',
  title: 'Memory',
  about: `The peak resident memory of each process of a run, as Linux counts it (VmHWM), looked at every 50 ms and
taken from the whole runs where they were measured: \`nodrop run\` itself, which also audits, its producer and its
consumer. The greatest of all rounds stands here. The broker is not nodrop's and is left out.`,
  measure: async (rig) => {
    const { messages, largeMessages, rounds, largeRounds } = rig.plan;
    const wanted = [
      { settings: runSettings({ messages }), rounds },
      { settings: runSettings({ messages, store: 'PostgreSQL' }), rounds },
      ...(largeMessages === undefined
        ? []
        : [{ settings: runSettings({ messages: largeMessages }), rounds: largeRounds }]),
    ];
    const samples = await measuredRuns(rig, wanted);
    const rows = wanted.map(({ settings }, index) => [
      `${groupedDigits(settings.messages)} messages, ${settings.store}`,
      ...processes.map((name) => peakCell(samples[index]!.map(({ peakBytes }) => peakBytes[name]))),
    ]);
    const columns = ['peak MiB', 'run itself', 'producer', 'consumer'];
    return {
      tables: [tableOf(columns, rows)],
      samples: wanted.map((one, index) => ({ ...one, samples: samples[index] })),
    };
  },
};

function peakCell(peaks: readonly (number | undefined)[]): string {
  const known = peaks.filter((peak) => peak !== undefined);
  if (known.length === 0) return failed;
  const peak = mebibytes(Math.max(...known));
  return atMost(peak, mebibytesMax, String(peak));
}

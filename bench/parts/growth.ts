/** How a run's time grows with messages, payloads, partitions, producers and consumers. */
import { measuredRuns, runSettings, type RunSample, type RunSettings } from '../nodrop-run.ts';
import type { Part } from '../part.ts';
import type { Plan } from '../plan.ts';
import { spreadOf } from '../spread.ts';
import { atMost, failed, groupedDigits, spreadText, tableOf } from '../table.ts';

const ratioMax = 10.5;
const payloads = [150, 1_000, 10_000];
const partitionCounts = [1, 3, 12, 48];
const processCounts = [1, 2, 4];
const partitionsForProcesses = 12;

interface Step {
  name: string;
  settings: RunSettings;
  rounds: number;
}

export const growth: Part = {
  name: 'growth',
  title: 'Growth',
  about: `\`nodrop run\` again, with more of one thing at a time: messages, bytes of payload (with fewer messages
where they would be too much data), partitions, producers that divide the messages, and consumers in one group (both on
12 partitions). What is not said is 200 bytes, 3 partitions, one producer, one consumer and SQLite. 150 bytes is about the least that these messages take. Batches are of
1000 messages, or of 0.5 MB where that is less.`,
  measure: async (rig) => {
    const groups = groupsOf(rig.plan);
    const steps = groups.flat();
    const samples = await measuredRuns(rig, steps);
    const samplesOf = (step: Step): RunSample[] => samples[steps.indexOf(step)]!;
    const tables = groups.map((group) =>
      tableOf(
        ['', 'messages', 'seconds', 'messages/s', 'MB/s of payload'],
        group.map((step) => rowOf(step, samplesOf(step))),
      ),
    );
    const { messages, largeMessages } = rig.plan;
    if (largeMessages !== undefined) tables.push(ratioTable(messages, largeMessages, steps, samplesOf));
    return { tables, samples: steps.map((step) => ({ ...step, samples: samplesOf(step) })) };
  },
};

function groupsOf(plan: Plan): Step[][] {
  const { messages, largeMessages, rounds, largeRounds, growthRounds, growthMessages, growthBytesMax } = plan;
  const step = (name: string, settings: Partial<RunSettings>, rounds = growthRounds): Step => ({
    name,
    settings: runSettings({ messages: growthMessages, ...settings }),
    rounds,
  });
  const sizes = [
    step(`${groupedDigits(messages / 10)} messages`, { messages: messages / 10 }),
    step(`${groupedDigits(messages)} messages`, { messages }, rounds),
  ];
  if (largeMessages !== undefined)
    sizes.push(step(`${groupedDigits(largeMessages)} messages`, { messages: largeMessages }, largeRounds));
  return [
    sizes,
    payloads.map((payloadBytes) =>
      step(`${groupedDigits(payloadBytes)} bytes`, {
        payloadBytes,
        messages: Math.min(growthMessages, growthBytesMax / payloadBytes),
      }),
    ),
    partitionCounts.map((partitions) => step(`partitions: ${partitions}`, { partitions })),
    processCounts.map((producers) =>
      step(`producers: ${producers}`, { producers, partitions: partitionsForProcesses }),
    ),
    ...(['SQLite', 'PostgreSQL'] as const).map((store) =>
      processCounts.map((consumers) =>
        step(`consumers: ${consumers}, ${store}`, { consumers, store, partitions: partitionsForProcesses }),
      ),
    ),
  ];
}

function rowOf({ name, settings }: Step, samples: readonly RunSample[]): string[] {
  const { messages, payloadBytes } = settings;
  if (samples.length === 0) return [name, groupedDigits(messages), failed, '', ''];
  const seconds = spreadOf(samples.map(({ seconds }) => seconds));
  return [
    name,
    groupedDigits(messages),
    spreadText(seconds),
    groupedDigits(messages / seconds.median),
    ((messages * payloadBytes) / seconds.median / 1e6).toFixed(0),
  ];
}

function ratioTable(
  messages: number,
  largeMessages: number,
  steps: readonly Step[],
  samplesOf: (step: Step) => RunSample[],
): string {
  const secondsOf = (wanted: number): number[] =>
    samplesOf(steps.find(({ settings }) => settings.messages === wanted)!).map(({ seconds }) => seconds);
  const [large, small] = [secondsOf(largeMessages), secondsOf(messages)];
  const isKnown = large.length > 0 && small.length > 0;
  const name = `${groupedDigits(largeMessages)} messages / ${groupedDigits(messages)} messages`;
  const ratio = isKnown ? atMost(spreadOf(large).median / spreadOf(small).median, ratioMax) : failed;
  return tableOf(['', 'ratio of seconds'], [[name, ratio]]);
}

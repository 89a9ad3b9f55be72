/** A whole run, from the first message to the verdict, compared with the tools with which Apache proves delivery. */
import { inTurn } from '../in-turn.ts';
import { measureRun, runSettings, warmUp, type RunSample } from '../nodrop-run.ts';
import type { Part } from '../part.ts';
import type { Rig } from '../rig.ts';
import { spreadOf, type Spread } from '../spread.ts';
import { atMost, groupedDigits, mebibytes, spreadText, tableOf } from '../table.ts';
import { verifiablePair, type PairSample } from '../verifiable-pair.ts';

const ratioMax = { SQLite: 0.3, PostgreSQL: 0.7 } as const;
const largeRatioMax = 10.5;
const partitions = 3;
const pair = 'VerifiableProducer, then VerifiableConsumer';

type Store = keyof typeof ratioMax;
type Samples = Map<string, (RunSample | PairSample)[]>;

export const whole: Part = {
  name: 'whole',
  title: 'A whole run',
  about: `\`nodrop run\` on a running broker: 200-byte payloads are produced, consumed, stored, read back from the
log and from the store, and judged. Beside it are Apache's VerifiableProducer (\`--acks -1\`) and, after it,
VerifiableConsumer, with as many messages on the same broker in as many partitions; of ten million, for which the heap
that Apache's scripts give them does not suffice, they are not measured. Those two carry **values of a few
bytes**, store nothing and judge nothing; what they print goes nowhere, and that nothing is missing is seen from the
topic's ends and the consumer's own counts. Times are of whole processes, their starts included.`,
  measure: async (rig) => {
    const { messages, largeMessages, rounds, largeRounds } = rig.plan;
    await warmUp(rig);
    const base = await measure(rig, messages, rounds, ['SQLite', 'PostgreSQL']);
    const tables = [tableFor(messages, base)];
    const samples = { [messages]: Object.fromEntries(base) };
    if (largeMessages !== undefined) {
      const large = await measureLarge(rig, largeMessages, largeRounds);
      tables.push(largeTable(large, largeMessages, base, messages));
      samples[largeMessages] = { [nameOf('SQLite')]: large };
    }
    return { tables, samples };
  },
};

/** Without the pair: VerifiableProducer runs out of memory in the heap that Apache's scripts give it. */
async function measureLarge(rig: Rig, messages: number, rounds: number): Promise<RunSample[]> {
  const taken: RunSample[] = [];
  for (let round = 1; round <= rounds; round++) {
    const sample = await measureRun(rig, runSettings({ messages, partitions, store: 'SQLite' }));
    rig.say(
      `round ${round} of ${rounds}: ${groupedDigits(messages)} messages: ${sample.seconds.toFixed(2)} s`,
    );
    taken.push(sample);
  }
  return taken;
}

function largeTable(
  large: readonly RunSample[],
  largeMessages: number,
  base: Samples,
  messages: number,
): string {
  const secondsOf = (samples: readonly { seconds: number }[]): Spread =>
    spreadOf(samples.map(({ seconds }) => seconds));
  const [seconds, small] = [secondsOf(large), secondsOf(base.get(nameOf('SQLite'))!)];
  return tableOf(
    [
      `${groupedDigits(largeMessages)} messages`,
      'seconds',
      'messages/s',
      `ratio to ${groupedDigits(messages)}`,
    ],
    [
      [
        nameOf('SQLite'),
        spreadText(seconds),
        groupedDigits(largeMessages / seconds.median),
        atMost(seconds.median / small.median, largeRatioMax),
      ],
    ],
  );
}

const nameOf = (store: Store): string => `nodrop run, ${store}`;

async function measure(
  rig: Rig,
  messages: number,
  rounds: number,
  stores: readonly Store[],
): Promise<Samples> {
  const ours = stores.map((store) => ({
    name: nameOf(store),
    rounds,
    once: async (): Promise<RunSample | PairSample> =>
      await measureRun(rig, runSettings({ messages, partitions, store })),
  }));
  const peer = { name: pair, rounds, once: () => verifiablePair(rig, messages, partitions) };
  const [first, ...others] = ours;
  return await inTurn([first!, peer, ...others], (line) => rig.say(line));
}

function tableFor(messages: number, samples: Samples): string {
  const pairSamples = samples.get(pair)! as PairSample[];
  const pairSeconds = spreadOf(pairSamples.map(({ seconds }) => seconds));
  const rows = [...samples].map(([name, taken]) => {
    const seconds = spreadOf(taken.map(({ seconds }) => seconds));
    const peak = Math.max(...taken.flatMap(({ peakBytes }) => Object.values(peakBytes)));
    const store = (Object.keys(ratioMax) as Store[]).find((store) => nameOf(store) === name);
    return [
      name,
      spreadText(seconds),
      groupedDigits(messages / seconds.median),
      String(mebibytes(peak)),
      store === undefined ? '' : atMost(seconds.median / pairSeconds.median, ratioMax[store]),
    ];
  });
  const alone = (['producer', 'consumer'] as const).map((which) => {
    const seconds = spreadOf(pairSamples.map((sample) => sample[`${which}Seconds`]));
    const name = which === 'producer' ? 'VerifiableProducer' : 'VerifiableConsumer';
    return [`of which ${name}`, spreadText(seconds), groupedDigits(messages / seconds.median), '', ''];
  });
  return tableOf(
    [
      `${groupedDigits(messages)} messages`,
      'seconds',
      'messages/s',
      'peak MiB of the largest process',
      'ratio to the pair',
    ],
    [...rows, ...alone],
  );
}

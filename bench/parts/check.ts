/** Checking a topic against a table, compared with what people do by hand with kcat, jq, psql, sort and comm. */
import { spawnSync } from 'node:child_process';
import { inTurn, type Contestant } from '../in-turn.ts';
import { fillTable, fillTopic, recordBytes } from '../made-orders.ts';
import { program, resultIn, warmUp } from '../nodrop-run.ts';
import type { Part } from '../part.ts';
import type { Rig } from '../rig.ts';
import { spreadOf } from '../spread.ts';
import { atMost, groupedDigits, spreadText, tableOf } from '../table.ts';
import { endOf, timeProcess, type TimedProcess } from '../time-process.ts';

const partitions = 4;
const [byHandRatioMax, bareRatioMax, largeRatioMax] = [0.35, 3, 10.5];
const megabytesMax = 400;
const [ours, byHand, bare] = [
  'nodrop check',
  'kcat, jq, sort beside psql, sort; then comm',
  'kcat alone, then psql alone',
] as const;

/** A topic and a table with the same orders. */
interface Orders {
  count: number;
  bootstrapServers: string;
  topic: string;
  /** The database, with the schema of the table. */
  location: string;
}

type Samples = ReadonlyMap<string, readonly TimedProcess[]>;

export const check: Part = {
  name: 'check',
  title: 'Checking a topic against a table',
  about: `\`nodrop check\` of a topic of 4 partitions with JSON records of ${recordBytes} bytes, and a table of PostgreSQL with a row
of each: the id is in the JSON, and category and one value are compared. Beside it is the work by hand: kcat reads the
topic, jq takes the three values out of each record, sort sorts them; at the same time psql copies the rows and sort
sorts them; then comm compares both, which finds less. Its texts are compared byte by byte (\`LC_ALL=C\`), which is the
quickest. The last line is what it takes to read both sides and throw all away. Times are of whole processes.`,
  measure: async (rig) => {
    const { messages, largeMessages, rounds, largeRounds } = rig.plan;
    const missing = ['kcat', 'jq', 'psql'].filter((name) => !isInstalled(name));
    await warmUp(rig);
    const samples = await withOrders(rig, messages, async (orders) => {
      const others = [
        { name: byHand, rounds, once: () => compareByHand(rig, orders) },
        { name: bare, rounds, once: () => readBoth(rig, orders) },
      ];
      return await measureInTurn(rig, [
        { name: ours, rounds, once: () => runCheck(rig, orders) },
        ...(missing.length === 0 ? others : []),
      ]);
    });
    const tables = [tableFor(messages, samples)];
    if (missing.length > 0) tables.push(`Without ${missing.join(', ')}, the work by hand was not measured.`);
    if (largeMessages === undefined) return { tables, samples: Object.fromEntries(samples) };
    const large = await withOrders(rig, largeMessages, (orders) =>
      measureInTurn(rig, [{ name: ours, rounds: largeRounds, once: () => runCheck(rig, orders) }]),
    );
    tables.push(largeTable(largeMessages, large, messages, samples));
    return {
      tables,
      samples: { [messages]: Object.fromEntries(samples), [largeMessages]: Object.fromEntries(large) },
    };
  },
};

const isInstalled = (name: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;

const measureInTurn = (
  rig: Rig,
  contestants: readonly Contestant<TimedProcess>[],
): Promise<Map<string, TimedProcess[]>> => inTurn(contestants, (line) => rig.say(line));

async function withOrders<T>(rig: Rig, count: number, action: (orders: Orders) => Promise<T>): Promise<T> {
  const bootstrapServers = await rig.bootstrapServers();
  return await rig.withTopic(partitions, async (topic) => {
    return await rig.withSchema(async (location) => {
      rig.say(`making ${groupedDigits(count)} orders`);
      await fillTopic(bootstrapServers, topic, count);
      await fillTable(location, count);
      return await action({ count, bootstrapServers, topic, location });
    });
  });
}

async function runCheck(rig: Rig, orders: Orders): Promise<TimedProcess> {
  const { count, bootstrapServers, topic, location } = orders;
  return await rig.withFolder(async (dir) => {
    const args = [
      program,
      'check',
      '--json',
      '--quiet',
      `--bootstrap-server=${bootstrapServers}`,
      `--topic=${topic}`,
      '--id=json:order.id',
      '--category=json:status',
      `--sink=${location}`,
      '--table=orders',
      '--sink-id=column:event_id',
      '--sink-category=column:status',
      '--compare=json:amountCents=column:amount',
      `--dir=${dir}`,
    ];
    const timed = await timeProcess(process.execPath, args, { signal: rig.signal });
    const result = resultIn(timed.tail);
    if (result?.verdict !== 'pass' || result.acknowledged.right !== count)
      throw new Error(`a check did not pass${endOf(timed.tail)}`);
    return timed;
  });
}

async function compareByHand(rig: Rig, orders: Orders): Promise<TimedProcess> {
  const { count } = orders;
  return await rig.withFolder(async (dir) => {
    const timed = await timeScript(
      rig,
      orders,
      `mkdir -p "${dir}" && cd "${dir}"
      ${kcat} | jq -r '[.order.id, .status, .amountCents] | @tsv' | sort >topic &
      ${psqlTo('stdout')} | sort >table
      wait
      echo "$(comm -3 topic table | wc -l) of $(wc -l <topic) differ"`,
    );
    if (timed.tail.at(-1) !== `0 of ${count} differ`)
      throw new Error(`the work by hand finds differences${endOf(timed.tail)}`);
    return timed;
  });
}

const readBoth = async (rig: Rig, orders: Orders): Promise<TimedProcess> =>
  await timeScript(rig, orders, `${kcat} >/dev/null && ${psqlTo("'/dev/null'")}`);

const kcat = 'kcat -C -q -e -o beginning -b "$ADDRESS" -t "$TOPIC"';
const psqlTo = (target: string): string =>
  `psql -q "$DATABASE" -c "\\\\copy (select event_id, status, amount from $SCHEMA.orders) to ${target}"`;

async function timeScript(
  rig: Rig,
  { bootstrapServers, topic, location }: Orders,
  script: string,
): Promise<TimedProcess> {
  const [database, schema] = location.split('?schema=') as [string, string];
  return await timeProcess('sh', ['-c', script], {
    signal: rig.signal,
    env: { LC_ALL: 'C', ADDRESS: bootstrapServers, TOPIC: topic, DATABASE: database, SCHEMA: schema },
  });
}

function tableFor(count: number, samples: Samples): string {
  const seconds = (name: string) => spreadOf(samples.get(name)!.map((sample) => sample.seconds));
  const ratio = (name: string, limit: number): string =>
    samples.has(name) ? atMost(seconds(ours).median / seconds(name).median, limit) : '';
  const rows = [...samples.keys()].map((name) => [
    name,
    spreadText(seconds(name)),
    groupedDigits(count / seconds(name).median),
    ...(name === ours
      ? [peakOf(samples), ratio(byHand, byHandRatioMax), ratio(bare, bareRatioMax)]
      : ['', '', '']),
  ]);
  return tableOf(
    [
      `${groupedDigits(count)} records`,
      'seconds',
      'records/s',
      'peak MB',
      'ratio to the work by hand',
      'ratio to reading alone',
    ],
    rows,
  );
}

function largeTable(largeCount: number, large: Samples, count: number, samples: Samples): string {
  const seconds = (of: Samples) => spreadOf(of.get(ours)!.map((sample) => sample.seconds));
  return tableOf(
    [
      `${groupedDigits(largeCount)} records`,
      'seconds',
      'records/s',
      'peak MB',
      `ratio to ${groupedDigits(count)}`,
    ],
    [
      [
        ours,
        spreadText(seconds(large)),
        groupedDigits(largeCount / seconds(large).median),
        peakOf(large),
        atMost(seconds(large).median / seconds(samples).median, largeRatioMax),
      ],
    ],
  );
}

/** The greatest of all rounds. */
function peakOf(samples: Samples): string {
  const peaks = samples.get(ours)!.map(({ peakBytes }) => peakBytes['check'] ?? 0);
  const megabytes = Math.max(...peaks) / 1e6;
  return atMost(megabytes, megabytesMax, megabytes.toFixed(0));
}

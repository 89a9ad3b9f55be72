/** Fetching and decoding alone, compared with Apache's ConsumerPerformance and the client library's own consumer. */
import { join } from 'node:path';
import { inTurn } from '../in-turn.ts';
import { timeJavaTool } from '../java-tool.ts';
import { nodropProduce } from '../nodrop-produce.ts';
import { warmUp } from '../nodrop-run.ts';
import type { Part } from '../part.ts';
import { ratesTable } from '../rates-table.ts';
import { newName, type Rig } from '../rig.ts';
import { endOf, timeProcess, type TimedProcess } from '../time-process.ts';

const partitions = 3;
const ratioMax = 1.2;
const beside = 'ConsumerPerformance';
const processes = join(import.meta.dirname, '../processes');

export const consume: Part = {
  name: 'consume',
  title: 'Fetching and decoding alone',
  about: `One topic of 3 partitions that \`nodrop produce\` filled with 200-byte payloads is read from start to end
and nothing is stored: by our fetcher and decoder in a small process (every checksum is verified, every record gets its
place in the columns), by Apache's ConsumerPerformance as it comes, and by the client library's own \`Consumer\`
(@platformatic/kafka). The last two join a group first, ours does not. Times are of whole processes.`,
  measure: async (rig) => {
    const { messages, rounds, libraryRounds } = rig.plan;
    await warmUp(rig);
    return await rig.withTopic(partitions, async (topic) => {
      await nodropProduce(rig, topic, messages);
      const samples = await inTurn(
        [
          { name: 'our fetch and decode', rounds, once: () => fetchAndDecode(rig, topic, messages) },
          { name: beside, rounds, once: () => consumerPerformance(rig, topic, messages) },
          {
            name: "the library's Consumer",
            rounds: libraryRounds,
            once: () => libraryConsume(rig, topic, messages),
          },
        ],
        (line) => rig.say(line),
      );
      return {
        tables: [ratesTable(messages, samples, { beside, ratioMax })],
        samples: Object.fromEntries(samples),
      };
    });
  },
};

async function fetchAndDecode(rig: Rig, topic: string, messages: number): Promise<TimedProcess> {
  const args = [join(processes, 'fetch-and-decode.ts'), await rig.bootstrapServers(), topic];
  return complete(messages, await timeProcess(process.execPath, args, { signal: rig.signal }));
}

async function libraryConsume(rig: Rig, topic: string, messages: number): Promise<TimedProcess> {
  const program = join(processes, 'library-consume.ts');
  const args = [program, await rig.bootstrapServers(), topic, newName(), String(messages)];
  return complete(messages, await timeProcess(process.execPath, args, { signal: rig.signal }));
}

function complete(messages: number, timed: TimedProcess): TimedProcess {
  const counts = timed.tail.findLast((line) => line.startsWith('{')) ?? '{}';
  if ((JSON.parse(counts) as { records?: number }).records !== messages)
    throw new Error(`not all of ${messages} messages were read${endOf(timed.tail)}`);
  return timed;
}

async function consumerPerformance(rig: Rig, topic: string, messages: number): Promise<TimedProcess> {
  const timed = await timeJavaTool(
    'ConsumerPerformance',
    [
      '--bootstrap-server',
      await rig.bootstrapServers(),
      '--topic',
      topic,
      '--num-records',
      String(messages),
      '--hide-header',
    ],
    { signal: rig.signal },
  );
  // The columns: start, end, MB, MB/s, records, and more.
  const records = timed.tail.map((line) => Number(line.split(',')[4])).findLast((count) => count > 0);
  if (records !== messages)
    throw new Error(`ConsumerPerformance read ${records ?? 0} of ${messages} messages${endOf(timed.tail)}`);
  return timed;
}

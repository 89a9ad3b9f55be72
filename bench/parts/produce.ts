/** Producing alone, compared with Apache's ProducerPerformance and the client library's own producer. */
import { join } from 'node:path';
import { inTurn } from '../in-turn.ts';
import { timeJavaTool } from '../java-tool.ts';
import { nodropProduce } from '../nodrop-produce.ts';
import { batchSize, warmUp } from '../nodrop-run.ts';
import type { Part } from '../part.ts';
import { ratesTable } from '../rates-table.ts';
import type { Rig } from '../rig.ts';
import { endOf, timeProcess, type TimedProcess } from '../time-process.ts';

const partitions = 3;
const payloadBytes = 200;
const ratioMax = 0.3;
const beside = 'ProducerPerformance';
const libraryProgram = join(import.meta.dirname, '../processes/library-produce.ts');

export const produce: Part = {
  name: 'produce',
  title: 'Producing alone',
  about: `\`nodrop produce\` keeps its ledger, and gives each message a key and five headers, a digest among them,
beside its 200 bytes. Apache's ProducerPerformance sends 200-byte records without keys at an unlimited rate with \`acks=all\`, and
otherwise as it comes. The client library's own \`Producer\` (@platformatic/kafka, idempotent) sends the same 200 bytes
again and again in batches of 1000, awaiting each. Each gets a new topic of 3 partitions. Times are of whole processes.`,
  measure: async (rig) => {
    const { messages, rounds, libraryRounds } = rig.plan;
    await warmUp(rig);
    const intoTopic = (send: (topic: string) => Promise<TimedProcess>) => () =>
      rig.withTopic(partitions, send);
    const samples = await inTurn(
      [
        {
          name: 'nodrop produce',
          rounds,
          once: intoTopic((topic) => nodropProduce(rig, topic, messages)),
        },
        { name: beside, rounds, once: intoTopic((topic) => producerPerformance(rig, topic, messages)) },
        {
          name: "the library's Producer",
          rounds: libraryRounds,
          once: intoTopic((topic) => libraryProduce(rig, topic, messages)),
        },
      ],
      (line) => rig.say(line),
    );
    return {
      tables: [ratesTable(messages, samples, { beside, ratioMax })],
      samples: Object.fromEntries(samples),
    };
  },
};

async function producerPerformance(rig: Rig, topic: string, messages: number): Promise<TimedProcess> {
  const timed = await timeJavaTool(
    'ProducerPerformance',
    [
      '--bootstrap-server',
      await rig.bootstrapServers(),
      '--topic',
      topic,
      '--num-records',
      String(messages),
      '--record-size',
      String(payloadBytes),
      '--throughput',
      '-1',
      '--command-property',
      'acks=all',
    ],
    { signal: rig.signal },
  );
  if (!timed.tail.some((line) => line.startsWith(`${messages} records sent`)))
    throw new Error(`ProducerPerformance does not say that it sent ${messages} records${endOf(timed.tail)}`);
  return timed;
}

async function libraryProduce(rig: Rig, topic: string, messages: number): Promise<TimedProcess> {
  const numbers = [messages, batchSize, payloadBytes].map(String);
  const args = [libraryProgram, await rig.bootstrapServers(), topic, ...numbers];
  return await timeProcess(process.execPath, args, { signal: rig.signal });
}

/** Damage that a disk may do to a broker's log. Only for brokers of the self-test. */
import { closeSync, openSync, readdirSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { unavailableError } from '../../errors.ts';
import type { Broker } from '../../kafka/broker/broker.ts';
import { RecordBatch, splitBatches } from '../../kafka/record-batch/record-batch.ts';
import { noOrigin, readOrigin } from '../../workload/record-headers.ts';
import type { Change } from './live-defect.ts';
import type { LivePipeline } from './live-pipeline.ts';

/** The place of a message's payload on the disk. */
interface PayloadPlace {
  path: string;
  /** The byte in the file at which the batch begins; `payloadAt`: at which the payload begins. */
  batchAt: number;
  payloadAt: number;
  bytes: Buffer;
}

/** Flips a bit of a message's payload on the disk; the broker serves the batch unchecked. */
export const turnBit: Change = async (pipeline) => {
  const { path, payloadAt, bytes } = placeOf(pipeline, pipeline.sequence);
  const file = openSync(path, 'r+');
  try {
    return writeSync(file, Buffer.of(bytes[payloadAt]! ^ 1), 0, 1, payloadAt) === 1;
  } finally {
    closeSync(file);
  }
};

/** Kills the broker and cuts its log off before the batch that holds the message, then restarts the broker. */
export const cutOff: Change = async (pipeline) => await cutOffAt(pipeline, pipeline.sequence);

/** Like `cutOff`, for one of the first messages that a producer sends. */
export const cutOffEarly: Change = async (pipeline) => await cutOffAt(pipeline, earlySequence);

/** When half is published, this message is in the log, and so are messages behind it. */
const earlySequence = 50;

async function cutOffAt(pipeline: LivePipeline, sequence: number): Promise<boolean> {
  const broker = onlyBroker(pipeline);
  await broker.kill();
  const { path, batchAt } = placeOf(pipeline, sequence);
  truncateSync(path, batchAt);
  const started = await broker.start();
  if (started === 'port-taken') throw unavailableError(`${broker.address} was taken meanwhile.`);
  return true;
}

function placeOf(pipeline: LivePipeline, sequence: number): PayloadPlace {
  const origin = noOrigin();
  for (const path of segmentsOf(pipeline)) {
    const bytes = readFileSync(path);
    for (const batch of splitBatches(bytes)) {
      const records = new RecordBatch(batch);
      for (let index = 0; index < records.count; index++) {
        readOrigin(records, index, origin);
        if (origin.sequence !== sequence) continue;
        const batchAt = batch.byteOffset - bytes.byteOffset;
        return { path, batchAt, payloadAt: batchAt + records.valueStart[index]!, bytes };
      }
    }
  }
  throw unavailableError(`No broker has message ${sequence} of ${pipeline.topic} on its disk.`);
}

function segmentsOf(pipeline: LivePipeline): string[] {
  const { dir } = onlyBroker(pipeline);
  const data = join(dir, 'data');
  return readdirSync(data)
    .filter((name) => name.startsWith(`${pipeline.topic}-`))
    .map((name) => join(data, name, '00000000000000000000.log'));
}

function onlyBroker({ ground }: LivePipeline): Broker {
  const [broker] = ground.brokers;
  if (broker === undefined)
    throw unavailableError('This defect needs a broker that the self-test has started.');
  return broker;
}

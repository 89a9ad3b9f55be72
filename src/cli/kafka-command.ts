import { once } from 'node:events';
import { join } from 'node:path';
import { unavailableError } from '../errors.ts';
import { startKafka } from '../kafka/start-kafka.ts';
import type { Context } from './context.ts';
import { brokerPropertiesOf, type SharedValues } from './options.ts';

export async function kafkaCommand(
  values: SharedValues & { port?: number },
  { signal, terminal }: Context,
): Promise<number> {
  terminal.status('starting Apache Kafka');
  const { brokers } = values;
  await using kafka = await startKafka({
    // Data of one broker are no use to a cluster.
    dir: join(values.dir, brokers === 1 ? 'kafka' : `kafka-${brokers}`),
    brokers,
    properties: brokerPropertiesOf(values),
    ...(values.port !== undefined && { port: values.port }),
    signal,
    timeoutMs: values.timeout,
    onProgress: (line) => terminal.status(line),
  });
  terminal.clear();
  const { bootstrapServers, version, logFile } = kafka;
  terminal.print(bootstrapServers);
  const options = `--run demo${values.dir === '.nodrop' ? '' : ` --dir ${values.dir}`} --bootstrap-server ${bootstrapServers}`;
  terminal.print(`nodrop produce ${options}`);
  terminal.print(`nodrop consume ${options}`);
  if (values.quiet !== true)
    terminal.note(
      `Apache Kafka ${version} is ready${brokers === 1 ? '' : ` on ${brokers} brokers`}; Ctrl-C ends it. Log: ${logFile}`,
    );
  await Promise.race([
    kafka.exited.then(({ broker, code }) => {
      const name = brokers === 1 ? 'The broker' : `Broker ${broker.nodeId}`;
      throw unavailableError(`${name} ended by itself with ${code}.`, {
        hint: `Its log: ${broker.logFile}`,
      });
    }),
    signal.aborted ? undefined : once(signal, 'abort'),
  ]);
  throw signal.reason;
}

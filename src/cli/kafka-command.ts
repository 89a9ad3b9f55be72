import { once } from 'node:events';
import { join } from 'node:path';
import { unavailableError } from '../errors.ts';
import { startKafka } from '../kafka/broker.ts';
import type { Context } from './context.ts';
import type { SharedValues } from './options.ts';

export async function kafkaCommand(
  values: SharedValues & { port?: number },
  { signal, terminal }: Context,
): Promise<number> {
  terminal.status('starting Apache Kafka');
  await using broker = await startKafka({
    dir: join(values.dir, 'kafka'),
    ...(values.port !== undefined && { port: values.port }),
    signal,
    timeoutMs: values.timeout,
    onProgress: (line) => terminal.status(line),
  });
  terminal.clear();
  const { bootstrapServers, version, logFile } = broker;
  terminal.print(bootstrapServers);
  const options = `--run demo${values.dir === '.nodrop' ? '' : ` --dir ${values.dir}`} --bootstrap-server ${bootstrapServers}`;
  terminal.print(`nodrop produce ${options}`);
  terminal.print(`nodrop consume ${options}`);
  if (values.quiet !== true)
    terminal.note(`Apache Kafka ${version} is ready; Ctrl-C ends it. Log: ${logFile}`);
  await Promise.race([
    broker.exited.then((code) => {
      throw unavailableError(`The broker ended by itself with ${code}.`, { hint: `Its log: ${logFile}` });
    }),
    signal.aborted ? undefined : once(signal, 'abort'),
  ]);
  throw signal.reason;
}

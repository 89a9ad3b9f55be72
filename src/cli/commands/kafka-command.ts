import { once } from 'node:events';
import { join } from 'node:path';
import { unavailableError, usageError } from '../../errors.ts';
import { defaultVersion } from '../../kafka/broker/versions.ts';
import { startKafka } from '../../kafka/broker/start-kafka.ts';
import { atBegin } from '../../pipeline/stage/stage-end.ts';
import { dirOption, shellWord } from '../../system/shell-word.ts';
import type { Context } from './context.ts';
import { brokerPropertiesOf, kafkaChoiceOf, type OptionValues } from '../options/options.ts';

export async function kafkaCommand(values: OptionValues, { signal, terminal }: Context): Promise<number> {
  if (values.json === true)
    throw usageError('--json needs --list.', 'For example: nodrop kafka --list --json');
  terminal.status('starting Apache Kafka');
  const { brokers } = values;
  await using kafka = await startKafka({
    dir: join(values.dir, folderName(values)),
    brokers,
    ...kafkaChoiceOf(values),
    properties: brokerPropertiesOf(values),
    ...(values.port !== undefined && { port: values.port }),
    signal,
    timeoutMs: values.timeout,
    onProgress: (line) => terminal.status(line),
  });
  terminal.clear();
  const { bootstrapServers, version, zookeeperVersion, logFile, clientProperties, adminProperties } = kafka;
  terminal.print(bootstrapServers);
  if (clientProperties !== undefined) terminal.print(clientProperties);
  const config = clientProperties === undefined ? '' : ` --command-config ${shellWord(clientProperties)}`;
  const options = `--run demo${dirOption(values.dir)} --bootstrap-server ${bootstrapServers}${config}`;
  terminal.print(`nodrop produce ${options}`);
  terminal.print(`nodrop consume ${options}`);
  const beside = zookeeperVersion === undefined ? '' : ` with ZooKeeper ${zookeeperVersion}`;
  if (values.quiet !== true)
    terminal.note(
      `Apache Kafka ${version}${beside} is ready${brokers === 1 ? '' : ` on ${brokers} brokers`}; Ctrl-C ends it. Log: ${logFile}`,
    );
  if (values.quiet !== true && adminProperties !== undefined)
    terminal.note(
      `The client settings are for topics, groups and transactional ids that begin with nodrop-. The super user's are in ${adminProperties}`,
    );
  await Promise.race([
    kafka.exited.then(({ name, code, logFile: itsLog }) => {
      throw unavailableError(`${atBegin(name)} ended by itself with ${code}.`, {
        hint: `Its log: ${itsLog}`,
      });
    }),
    signal.aborted ? undefined : once(signal, 'abort'),
  ]);
  throw signal.reason;
}

/** One broker's data do not fit a cluster, and the data of one version, mode or security do not fit another. */
const folderName = ({ kafkaVersion = defaultVersion, zookeeper, security, brokers }: OptionValues): string =>
  [
    'kafka',
    ...(kafkaVersion === defaultVersion ? [] : [kafkaVersion]),
    ...(zookeeper === true ? ['zookeeper'] : []),
    ...(security === undefined ? [] : [security]),
    ...(brokers === 1 ? [] : [brokers]),
  ].join('-');

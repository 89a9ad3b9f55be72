/** Apache's own tools, from the jars that nodrop pins, started the way Apache's scripts start them. */
import { findRuntime } from '../src/kafka/broker/runtime.ts';
import { timeProcess, type TimedProcess, type TimeOptions } from './time-process.ts';

export type JavaTool =
  | 'VerifiableProducer'
  | 'VerifiableConsumer'
  | 'ProducerPerformance'
  | 'ConsumerPerformance';

/** The Java arguments of kafka-run-class.sh and of these tools' scripts. */
const javaArguments = [
  '-Xmx512M',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-XX:MaxInlineLevel=15',
  '-Djava.awt.headless=true',
];

/** The shell replaces itself with Java. Errors still reach the bench. */
const withoutOutput = 'exec "$0" "$@" >/dev/null';

/** `isSilenced`: standard output is discarded, so that a reader of the output cannot slow the tool. */
export async function timeJavaTool(
  tool: JavaTool,
  args: readonly string[],
  options: TimeOptions & { isSilenced?: boolean },
): Promise<TimedProcess> {
  const { java, env } = await findRuntime({ signal: options.signal });
  const command = [java.path, ...javaArguments, `org.apache.kafka.tools.${tool}`, ...args] as const;
  const timed = { ...options, env: { ...options.env, ...env } };
  if (options.isSilenced === true)
    return await timeProcess('/bin/sh', ['-c', withoutOutput, ...command], timed);
  return await timeProcess(command[0], command.slice(1), timed);
}

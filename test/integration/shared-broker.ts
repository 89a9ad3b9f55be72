/** The broker of the whole test run. */
import type { TestProject } from 'vitest/node';
import { startKafka } from '../../src/kafka/broker/start-kafka.ts';

declare module 'vitest' {
  interface ProvidedContext {
    bootstrapServers: string;
    /** Its folder: data, settings and log. */
    brokerDir: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kafka = await startKafka({ onProgress: (line) => process.stderr.write(`${line}\n`) });
  project.provide('bootstrapServers', kafka.bootstrapServers);
  project.provide('brokerDir', kafka.dir);
  return () => kafka.stop();
}

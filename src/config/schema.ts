/**
 * The schema of a config: what YAML, JSON and `nodrop.config.ts` may say. The types are in `config.ts`; the compiler
 * checks that both agree.
 */
import type { z } from 'zod';
import { pinnedVersions, versionNames } from '../kafka/broker/versions.ts';
import { integer, kinds, list, named, oneOfTexts, publishedSchema, records, text } from './chosen-schema.ts';
import type { Config } from './config.ts';
import {
  bootstrapAddress,
  commandLine,
  duration,
  environment,
  filledText,
  groupName,
  hostName,
  httpAddress,
  linePattern,
  plainText,
  simpleName,
} from './config-values.ts';
import { pipeline } from './pipeline-schema.ts';

const isPinned = (value: string): boolean => pinnedVersions.some(({ version }) => version === value);

const kafka = named({
  brokers: integer('number of brokers', 1, 9)
    .exactOptional()
    .describe('How many brokers nodrop starts. Default: 1.'),
  version: text(`no version that nodrop can start. Write ${versionNames()}.`, isPinned)
    .exactOptional()
    .describe(`Which Kafka nodrop starts: ${versionNames()}.`),
  properties: records(filledText, plainText).exactOptional().describe('Properties of the brokers.'),
  advertise: hostName
    .exactOptional()
    .describe('A host under which the brokers are reached from containers, too: `host.docker.internal`.'),
  bootstrapServers: bootstrapAddress
    .exactOptional()
    .describe('Addresses of a Kafka that runs already. nodrop then starts none.'),
  commandConfig: filledText
    .exactOptional()
    .describe('With `bootstrapServers`: a file of client settings, as `--command-config` takes it.'),
});

const within = duration.exactOptional().describe('How long that may take. Default: 60s.');
const readyKinds = {
  url: named({ url: httpAddress.describe('An address that answers with a status from 200 to 299.'), within }),
  stdout: named({
    stdout: linePattern.describe('A regular expression that a line of standard output matches.'),
    within,
  }),
  port: named({
    port: integer('port', 1, 65_535).describe('A port of this machine that takes connections.'),
    within,
  }),
  group: named({
    group: groupName.describe('A consumer group that has members, which own all partitions.'),
    within,
  }),
};

const stop = named({
  signal: oneOfTexts('signal', ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'])
    .exactOptional()
    .describe('The signal that asks it to end. Default: SIGTERM.'),
  within: duration.exactOptional().describe('After that time, nodrop sends SIGKILL. Default: 10s.'),
});

const userProcess = named({
  command: commandLine.describe('A line for `/bin/sh`, or a list of the program and its arguments.'),
  cwd: filledText
    .exactOptional()
    .describe("Its folder, counted from the config's folder, which is the default."),
  env: environment
    .exactOptional()
    .describe(
      'Its environment, beside `KAFKA_BOOTSTRAP_SERVERS` and others. May hold `{bootstrapServers}`, `{run}`, `{index}`, `{count}` and `{url:NAME}`.',
    ),
  count: integer('count', 1, 64).exactOptional().describe('How many of it run side by side. Default: 1.'),
  ready: kinds('readiness test', readyKinds)
    .exactOptional()
    .describe('One test that says when it is ready. Without it, it is ready once it has started.'),
  stop: stop.exactOptional().describe('How nodrop ends it.'),
});

export const configSchema = named({
  kafka: kafka.exactOptional().describe('The Kafka that nodrop starts, or one that runs already.'),
  processes: records(simpleName, userProcess)
    .exactOptional()
    .describe('The processes that nodrop starts, by name.'),
  pipelines: records(simpleName, pipeline).describe('The pipelines, by name.'),
  faults: list(filledText, 'faults', 1_000).exactOptional().describe('Faults as `--fault` takes them.'),
  thresholds: list(filledText, 'thresholds', 1_000)
    .exactOptional()
    .describe('Thresholds as `--threshold` takes them.'),
});

type Schema = z.infer<typeof configSchema>;
/** The type with all optional fields required: otherwise a field that one of two types lacks goes unnoticed. */
type Whole<T> = T extends (...args: never) => unknown
  ? T
  : T extends object
    ? { [Name in keyof T]-?: Whole<Exclude<T[Name], undefined>> }
    : T;
type Same<A, B> = [A, Whole<A>, B, Whole<B>] extends [B, Whole<B>, A, Whole<A>] ? true : never;
/** Fails to compile if the schema and the type differ. */
true satisfies Same<Schema, Config>;

/** `docs/config.schema.json`: a config in YAML or JSON, which may name this schema. */
export function configJsonSchema(): object {
  const schema = publishedSchema(configSchema) as { properties: object };
  const properties = { $schema: { type: 'string' }, ...schema.properties };
  return { ...schema, title: "nodrop's config", properties };
}

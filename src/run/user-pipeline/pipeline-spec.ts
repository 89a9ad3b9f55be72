/** The specification of a run of a user's pipeline: the config, and what the user asks for beside it. */
import { randomInt } from 'node:crypto';
import { expecter } from '../../config/expectation.ts';
import { defaultCount, messageMaker } from '../../config/make-messages.ts';
import { parseRate } from '../../config/config-values.ts';
import type { Config } from '../../config/config.ts';
import { resolveEnv } from '../../config/resolve-paths.ts';
import { usageError } from '../../errors.ts';
import { parseFault, type ScheduledFault } from '../../faults/fault-schedule.ts';
import type { KafkaChoice } from '../../kafka/broker/versions.ts';
import {
  bootstrapServersOf,
  readSettingsFile,
  type ClientSettings,
} from '../../kafka/client/client-settings.ts';
import { parseThreshold, type Threshold } from '../../result/thresholds.ts';
import type { Cause } from '../../result/verdict.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import { parseDurationMs } from '../../system/duration.ts';
import { nearestName } from '../../system/nearest-name.ts';
import type { ProveSpec } from './prove-pipeline.ts';

const settleStandard = '5s';
const timeoutStandard = '60s';

/** What takes the place of what the config says; undefined: the config decides. */
export interface PipelineChoice {
  count?: number | undefined;
  /** Messages a second. */
  rate?: number | undefined;
  seed?: number | undefined;
  bootstrapServers?: string | undefined;
  settings?: ClientSettings | undefined;
  brokers?: number | undefined;
  kafka?: KafkaChoice | undefined;
  brokerProperties?: Readonly<Record<string, string>> | undefined;
  timeoutMs?: number | undefined;
  faults?: readonly ScheduledFault[] | undefined;
  thresholds?: readonly Threshold[] | undefined;
  allowed?: readonly Cause[] | undefined;
}

/** `configFolder`: where the config lies. Throws `usage`. */
export function pipelineSpec(
  {
    config,
    configFolder,
    name,
    folder,
  }: { config: Config; configFolder: string; name: string; folder: RunFolder },
  choice: PipelineChoice,
): ProveSpec {
  const pipeline = config.pipelines[name];
  if (pipeline === undefined) throw unknownPipeline(name, Object.keys(config.pipelines));
  const { kafka = {} } = config;
  const seed = choice.seed ?? randomInt(2 ** 32);
  const settings = {
    ...(kafka.commandConfig === undefined ? {} : readSettingsFile(kafka.commandConfig)),
    ...choice.settings,
  };
  const named = kafka.bootstrapServers === undefined ? undefined : resolveEnv(kafka.bootstrapServers);
  const { messages, expect, settle = settleStandard, timeout = timeoutStandard } = pipeline;
  return {
    folder,
    name,
    pipeline,
    processes: config.processes ?? {},
    configFolder,
    advertise: kafka.advertise,
    kafka: {
      bootstrapServers: choice.bootstrapServers ?? named ?? bootstrapServersOf(settings),
      brokers: choice.brokers ?? kafka.brokers ?? 1,
      kafka: {
        kafkaVersion: choice.kafka?.kafkaVersion ?? kafka.version,
        zookeeper: choice.kafka?.zookeeper ?? false,
        security: choice.kafka?.security,
      },
      brokerProperties: { ...kafka.properties, ...choice.brokerProperties },
    },
    settings,
    seed,
    count: choice.count ?? messages?.count ?? defaultCount,
    rate: choice.rate ?? (messages?.rate === undefined ? undefined : parseRate(messages.rate)),
    make: messageMaker(messages, folder.id, seed),
    expecter: expect === undefined ? undefined : expecter(pipeline),
    settleMs: parseDurationMs(settle)!,
    timeoutMs: choice.timeoutMs ?? parseDurationMs(timeout)!,
    faults: choice.faults ?? (config.faults ?? []).map(parseFault),
    thresholds: choice.thresholds ?? (config.thresholds ?? []).map(parseThreshold),
    allowed: choice.allowed ?? [],
  };
}

export function unknownPipeline(name: string, known: readonly string[]): Error {
  const near = nearestName(name, known);
  return usageError(
    `The config has no pipeline ${name}.`,
    near === undefined ? `It has ${known.join(', ')}.` : `Did you mean ${near}?`,
  );
}

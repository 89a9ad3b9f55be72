/** What must hold between several values of a config. */
import { nearestName } from '../system/nearest-name.ts';
import type { HopConfig, KafkaConfig, PipelineConfig, SinkConfig } from './config.ts';

export interface Problem {
  /** Such as `pipelines.orders.sinks.table`. */
  path: string;
  /** One or more sentences. */
  text: string;
}

export function problemsOfKafka(kafka: KafkaConfig = {}): Problem[] {
  const { bootstrapServers, commandConfig, ...started } = kafka;
  const [excluded] = Object.keys(started);
  if (bootstrapServers !== undefined && excluded !== undefined) {
    const text = `${excluded} is for a Kafka that nodrop starts, and bootstrapServers names one that runs already. Leave one of them out.`;
    return [{ path: 'kafka', text }];
  }
  if (commandConfig !== undefined && bootstrapServers === undefined)
    return [{ path: 'kafka', text: 'commandConfig needs bootstrapServers: the Kafka that it is for.' }];
  return [];
}

/** How `from` and reports name the source. */
const sourceName = 'source';
/** Expectations have these names. */
const reserved = ['dropped', 'deadLettered', 'oneOf', 'among', 'at', sourceName];

export function problemsOfPipeline(name: string, pipeline: PipelineConfig): Problem[] {
  const path = `pipelines.${name}`;
  const { hops = {}, sinks } = pipeline;
  const problems: Problem[] = [];
  const names = [...Object.keys(hops), ...Object.keys(sinks)];
  if (names.length === 0)
    problems.push({ path, text: 'It has neither hops nor sinks. Write where its messages are to arrive.' });
  for (const taken of names.filter((each) => reserved.includes(each)))
    problems.push({
      path,
      text: `A hop or a sink cannot be called ${taken}: nodrop means something else by it.`,
    });
  for (const twice of Object.keys(hops).filter((hop) => Object.hasOwn(sinks, hop)))
    problems.push({ path, text: `A hop and a sink are both called ${twice}. Give each a name of its own.` });
  problems.push(
    ...problemsOfSource(path, pipeline),
    ...destinationsOf(path, pipeline).flatMap((destination) => problemsOfDestination(destination, pipeline)),
    ...problemsOfCategories(path, pipeline),
    ...problemsOfRules(`${path}.expect`, pipeline, names),
  );
  return problems;
}

interface DestinationAt {
  path: string;
  config: HopConfig | SinkConfig;
  /** What may feed it: the source, and the hops before it. */
  feeders: readonly string[];
}

function destinationsOf(path: string, { hops = {}, sinks }: PipelineConfig): DestinationAt[] {
  const names = Object.keys(hops);
  return [
    ...Object.entries(hops).map(([name, config], index) => ({
      path: `${path}.hops.${name}`,
      config,
      feeders: [sourceName, ...names.slice(0, index)],
    })),
    ...Object.entries(sinks).map(([name, config]) => ({
      path: `${path}.sinks.${name}`,
      config,
      feeders: [sourceName, ...names],
    })),
  ];
}

function problemsOfSource(path: string, { source, messages }: PipelineConfig): Problem[] {
  if (!('command' in source) || source.protocol !== 'verifiable-producer') return [];
  const given = (['make', 'ids'] as const).find((name) => messages?.[name] !== undefined);
  if (given === undefined) return [];
  const text = 'With protocol verifiable-producer, the program makes its own messages. Leave it out.';
  return [{ path: `${path}.messages.${given}`, text }];
}

function problemsOfDestination(
  { path, config, feeders }: DestinationAt,
  { source }: PipelineConfig,
): Problem[] {
  const problems: Problem[] = [];
  if ('database' in config && (config.query === undefined) === (config.table === undefined))
    problems.push({ path, text: 'A database needs query or table, and not both.' });
  if (config.id === undefined && ('database' in config || 'file' in config)) {
    const text = 'It is missing. Write where a row has the id of its message: column:NAME or json:PATH.';
    problems.push({ path: `${path}.id`, text });
  }
  if ('topic' in config && 'topic' in source && config.topic === source.topic) {
    const text = `${config.topic} is the topic of the source. Name the one to which the pipeline writes.`;
    problems.push({ path: `${path}.topic`, text });
  }
  const { from } = config;
  if (from !== undefined && !feeders.includes(from)) {
    const nearest = nearestName(from, feeders);
    const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    const text = `${JSON.stringify(from)} is neither the source nor a hop before it.${hint} It can be ${feeders.join(', ')}.`;
    problems.push({ path: `${path}.from`, text });
  }
  if (config.categoryMap !== undefined && config.category === undefined)
    problems.push({ path: `${path}.categoryMap`, text: 'It needs category: where the category is.' });
  return problems;
}

function problemsOfCategories(path: string, pipeline: PipelineConfig): Problem[] {
  const destinations = destinationsOf(path, pipeline).filter(({ config }) => config.category !== undefined);
  if (pipeline.category === undefined) {
    const text = `It needs ${path}.category: where the message's own category is.`;
    return destinations.map((destination) => ({ path: `${destination.path}.category`, text }));
  }
  if (destinations.length > 0) return [];
  return [{ path: `${path}.category`, text: 'No hop and no sink has a category to compare it with.' }];
}

function problemsOfRules(
  path: string,
  { expect, ...pipeline }: PipelineConfig,
  names: readonly string[],
): Problem[] {
  if (expect === undefined || typeof expect === 'function') return [];
  const hasDeadLetters = destinationsOf(path, pipeline).some(({ config }) => config.deadLetters === true);
  const all = expect.findIndex(({ when = {} }) => Object.keys(when).length === 0);
  const problems = expect.flatMap((rule, index): Problem[] => {
    const at = `${path}.${index}`;
    if (all >= 0 && index > all)
      return [{ path: at, text: `It never decides: rule ${all} fits all messages. Put that one last.` }];
    if ('deadLettered' in rule && !hasDeadLetters)
      return [
        {
          path: at,
          text: 'No hop and no sink takes dead letters. Write deadLetters: true at the one that does.',
        },
      ];
    if (!('at' in rule)) return [];
    if (Object.keys(rule.at).length === 0)
      return [
        {
          path: `${at}.at`,
          text: 'It names no hop and no sink. If messages are to be dropped, write dropped.',
        },
      ];
    return Object.keys(rule.at)
      .filter((name) => !names.includes(name))
      .map((name) => {
        const nearest = nearestName(name, names);
        const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
        return { path: `${at}.at`, text: `${JSON.stringify(name)} is neither a hop nor a sink.${hint}` };
      });
  });
  return problems;
}

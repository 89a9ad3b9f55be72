/** Paths of a config count from its folder, and texts that begin with `env:` stand for variables. */
import { resolve } from 'node:path';
import { usageError } from '../errors.ts';
import type { Config, PipelineConfig, ProcessConfig, SinkConfig, SourceConfig } from './config.ts';

/** The config with absolute paths. Texts that begin with `env:` stay as they are. */
export function resolvePaths(config: Config, folder: string): Config {
  const { kafka, processes, pipelines } = config;
  return {
    ...config,
    ...(kafka?.commandConfig !== undefined && {
      kafka: { ...kafka, commandConfig: pathOf(kafka.commandConfig, folder) },
    }),
    ...(processes !== undefined && { processes: mapped(processes, (each) => processIn(each, folder)) }),
    pipelines: mapped(pipelines, (each) => pipelineIn(each, folder)),
  };
}

const mapped = <T>(records: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(records).map(([name, value]) => [name, change(value)]));

const pathOf = (path: string, folder: string): string =>
  path.startsWith('env:') ? path : resolve(folder, path);

const processIn = (config: ProcessConfig, folder: string): ProcessConfig => ({
  ...config,
  cwd: pathOf(config.cwd ?? '.', folder),
});

const pipelineIn = (config: PipelineConfig, folder: string): PipelineConfig => ({
  ...config,
  source: sourceIn(config.source, folder),
  sinks: mapped(config.sinks, (each) => sinkIn(each, folder)),
});

function sourceIn(config: SourceConfig, folder: string): SourceConfig {
  if ('command' in config) return { ...config, cwd: pathOf(config.cwd ?? '.', folder) };
  if ('database' in config) return { ...config, database: databaseIn(config.database, folder) };
  return config;
}

function sinkIn(config: SinkConfig, folder: string): SinkConfig {
  if ('file' in config) return { ...config, file: pathOf(config.file, folder) };
  if ('database' in config) return { ...config, database: databaseIn(config.database, folder) };
  return config;
}

const sqlite = /^sqlite:/i;

const databaseIn = (location: string, folder: string): string =>
  sqlite.test(location) ? `sqlite:${resolve(folder, location.replace(sqlite, ''))}` : location;

/** The text, or that of the variable that `env:NAME` stands for. Throws `usage` if the variable is not set. */
export function resolveEnv(text: string): string {
  if (!text.startsWith('env:')) return text;
  const name = text.slice('env:'.length);
  const value = process.env[name];
  if (value === undefined || value === '')
    throw usageError(`The config takes a text from the variable ${name}, which is not set.`, `Set ${name}.`);
  return value;
}

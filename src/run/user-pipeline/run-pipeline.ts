/** Runs a pipeline of a user's config from a test or a script. */
import { resolve } from 'node:path';
import { checkConfig } from '../../config/check-config.ts';
import { defaultDir } from '../../run-folder/run-folder.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load-config.ts';
import { resolvePaths } from '../../config/resolve-paths.ts';
import { parseFault } from '../../faults/fault-schedule.ts';
import { parseThreshold } from '../../result/thresholds.ts';
import type { Result } from '../../result/result.ts';
import { newRunId, RunFolder } from '../../run-folder/run-folder.ts';
import { pipelineSpec } from './pipeline-spec.ts';
import { provePipeline } from './prove-pipeline.ts';

export interface RunPipelineOptions {
  /** How many messages; default: what the config says. */
  messages?: number;
  /** Messages a second. */
  rate?: number;
  seed?: number;
  /** An existing Kafka, such as one that serves all tests: `HOST:PORT`. Default: what the config says, else one is started. */
  bootstrapServers?: string;
  /** As `--fault` takes them, in place of those of the config. */
  faults?: readonly string[];
  /** As `--threshold` takes them, in place of those of the config. */
  thresholds?: readonly string[];
  /** Where relative paths of the config count from, if it is no file. Default: the current folder. */
  cwd?: string;
  /** The folder for all runs. Default: `.nodrop` in the current folder. */
  dir?: string;
  /** The id of the run. Default: a new one. */
  run?: string;
  /** Called with what goes on. */
  onProgress?: (line: string) => void;
  /** Stops the run. */
  signal?: AbortSignal;
}

/** The result of a run, and the folder with its evidence, logs and `report.html`. */
export type PipelineRun = Result & { folder: string };

/** `config`: the config itself, or the path of its file. */
export async function runPipeline(
  config: Config | string,
  name: string,
  options: RunPipelineOptions = {},
): Promise<PipelineRun> {
  const { cwd = process.cwd(), dir = defaultDir, run = newRunId(), onProgress, signal } = options;
  const loaded =
    typeof config === 'string'
      ? await loadConfig(config, cwd)
      : { config: resolvePaths(await checkConfig(config, 'The config'), cwd), path: resolve(cwd, 'config') };
  const folder = new RunFolder(dir, run);
  const spec = pipelineSpec(
    { config: loaded.config, configFolder: resolve(loaded.path, '..'), name, folder },
    {
      count: options.messages,
      rate: options.rate,
      seed: options.seed,
      bootstrapServers: options.bootstrapServers,
      faults: options.faults?.map(parseFault),
      thresholds: options.thresholds?.map(parseThreshold),
    },
  );
  const tell = (line: string): void => onProgress?.(line);
  const observer = { status: tell, note: tell, progress: () => undefined, judged: () => undefined };
  const result = await provePipeline(spec, observer, signal ?? new AbortController().signal);
  return { ...result, folder: folder.path };
}

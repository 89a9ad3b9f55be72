/** `nodrop run PIPELINE`: a run of a pipeline of the user's config. */
import { dirname } from 'node:path';
import { loadConfig } from '../../config/load-config.ts';
import { usageError } from '../../errors.ts';
import { parseFault, readFaultFile, type ScheduledFault } from '../../faults/fault-schedule.ts';
import { exitCodeOf } from '../../result/result.ts';
import type { RunObserver } from '../../run/announcer.ts';
import { pipelineSpec } from '../../run/user-pipeline/pipeline-spec.ts';
import { provePipeline } from '../../run/user-pipeline/prove-pipeline.ts';
import { refuseForeignFolder } from '../../run-folder/run-files.ts';
import { newRunId, RunFolder, runsPath } from '../../run-folder/run-folder.ts';
import { shellWord } from '../../system/shell-word.ts';
import {
  addressOf,
  brokerPropertiesOf,
  kafkaChoiceOf,
  settingsOf,
  type OptionName,
  type OptionValues,
} from '../options/options.ts';
import { showLive } from '../output/live-view.ts';
import { besideLivePage } from '../output/page-beside-command.ts';
import { printResult } from '../output/print-result.ts';
import { claimFiles, reportsOf } from '../output/reporters.ts';
import type { Context } from './context.ts';

/** The other options of `run` are for nodrop's own pipeline. */
const pipelineOptions: readonly OptionName[] = [
  'config',
  'messages',
  'rate',
  'seed',
  'run',
  'dir',
  'bootstrapServer',
  'commandConfig',
  'setting',
  'brokers',
  'kafkaVersion',
  'zookeeper',
  'security',
  'brokerProperty',
  'timeout',
  'threshold',
  'allow',
  'fault',
  'faultFile',
  'ui',
  'keepOpen',
  'reporter',
  'json',
  'quiet',
  'color',
];

/** `name`: undefined if only the config was named. */
export async function pipelineCommand(
  values: OptionValues,
  context: Context,
  name: string | undefined,
): Promise<number> {
  const { signal, terminal, isGiven } = context;
  refuseOthers(values, context);
  const reports = reportsOf(values.reporter, values.json);
  const { config, path } = await loadConfig(values.config, process.cwd());
  if (name === undefined) throw noPipelineError(values.config!, Object.keys(config.pipelines));
  const folder = new RunFolder(values.dir, values.run ?? newRunId());
  const settings = settingsOf(values);
  const spec = pipelineSpec(
    { config, configFolder: dirname(path), name, folder },
    {
      count: isGiven('messages') ? values.messages : undefined,
      rate: values.rate,
      seed: values.seed,
      bootstrapServers: addressOf(values, settings),
      settings,
      brokers: isGiven('brokers') ? values.brokers : undefined,
      kafka: kafkaChoiceOf(values),
      brokerProperties: brokerPropertiesOf(values),
      timeoutMs: isGiven('timeout') ? values.timeout : undefined,
      faults: faultsOf(values),
      thresholds: values.threshold,
      allowed: values.allow,
    },
  );
  refuseForeignFolder(folder);
  claimFiles(reports, [runsPath(values.dir)]);
  const observer: RunObserver = {
    status: (text) => terminal.status(text),
    progress: (label, done, total) => terminal.progress(label, done, total),
    note: (line) => terminal.note(line),
    judged: (result) => {
      stopView();
      printResult(terminal, result, { evidence: folder.path, report: folder.report }, reports);
    },
  };
  let stopView = (): void => undefined;
  return await besideLivePage(values, folder, context, async () => {
    stopView = showLive(folder, terminal);
    try {
      const result = await provePipeline(spec, observer, signal);
      if (signal.aborted) throw signal.reason;
      return exitCodeOf(result);
    } finally {
      stopView();
    }
  });
}

const noPipelineError = (config: string, names: readonly string[]): Error =>
  usageError(
    `--config is given, but no pipeline: ${config} has ${names.join(', ')}.`,
    `For example: nodrop run ${shellWord(names[0]!)} --config ${shellWord(config)}`,
  );

/** undefined: those of the config. */
function faultsOf({ fault = [], faultFile }: OptionValues): ScheduledFault[] | undefined {
  if (fault.length === 0 && faultFile === undefined) return undefined;
  return [
    ...(faultFile === undefined ? [] : readFaultFile(faultFile)),
    ...fault.map((text) => parseFault(text)),
  ];
}

function refuseOthers(values: OptionValues, { isGiven }: Context): void {
  const other = (Object.keys(values) as OptionName[]).find(
    (option) => isGiven(option) && !pipelineOptions.includes(option),
  );
  if (other === undefined) return;
  const flag = `--${other.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw usageError(
    `${flag} is for nodrop's own pipeline: the config describes yours.`,
    'Leave it out, or leave the name of the pipeline out.',
  );
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chaosFaults } from '../../chaos/chaos-faults.ts';
import { chaosPlans, parseChaosPlan, type ChaosPlan, type Ground } from '../../chaos/chaos-plan.ts';
import { chaosPhases, Coverage, type CoverageTable } from '../../chaos/coverage.ts';
import { shrunk } from '../../chaos/shrink.ts';
import { exitCodes, messageOf, usageError } from '../../errors.ts';
import { jsonText } from '../../text/json-text.ts';
import { chaosLines, chaosSummary, dayLines, type DayReport } from '../../report/terminal/chaos-lines.ts';
import { chaosGithub, chaosJunit } from '../../report/ci/chaos-reports.ts';
import { runDay, type ChaosDay, type ChaosPlace } from '../../chaos/chaos-day.ts';
import { defaultEngine, engineOf } from '../../stores/engines.ts';
import { writeWhole } from '../../system/write-whole.ts';
import type { Context } from './context.ts';
import { kafkaChoiceOf, refuseSharedStore, type OptionValues } from '../options/options.ts';
import { printLines, printReports } from '../output/print-result.ts';
import { claimFiles, reportsOf, type Reports } from '../output/reporters.ts';
import type { Terminal } from '../output/terminal.ts';

const runsDefault = 20;
/** Exit codes, the worst first; a code that is not in the list is worse than all. */
const severity: readonly number[] = [
  exitCodes.bug,
  exitCodes.fail,
  exitCodes.unavailable,
  exitCodes.usage,
  exitCodes.inconclusive,
  exitCodes.pass,
];

/** Random bad days (runs with faults), one after the other. Exits with the code of the worst. */
export async function chaosCommand(
  values: OptionValues,
  context: Context,
  pipeline: string | undefined,
): Promise<number> {
  const { signal, terminal } = context;
  const reports = reportsOf(values.reporter, values.json);
  const place = { dir: values.dir, store: values.store, timeoutMs: values.timeout };
  const replay = values.replay === undefined ? undefined : replayOf(values.replay);
  const ground = await groundOf(values, replay, pipeline);
  const count = countOf(values);
  const plans = replay === undefined ? randomPlans(values, ground, count) : [replay];
  claimFiles(reports, [join(values.dir, 'runs')]);
  const coverage = new Coverage(
    chaosFaults({
      ...ground,
      ...(ground.pipeline
        ? { producers: 0, consumers: 0, store: undefined, processes: ground.pipeline.processes }
        : { producers: 1, consumers: 1 }),
      sendsMs: undefined,
      transactional: ground.transactions !== undefined,
    }),
  );
  const days: ChaosDay[] = [];
  const observer = observerOf(context);
  for (const plan of plans) {
    terminal.status(`run ${days.length + 1}: ${plan.faults.join(' ')}`);
    const { events, ...day } = await runDay(plan, place, observer);
    // A day that was stopped proves nothing; the days before it count.
    if (signal.aborted) break;
    days.push(day);
    coverage.add(events);
    terminal.clear();
    if (reports.onStdout === 'default') {
      printLines(terminal, dayLines(days.length, count, reportOf(day), terminal.palette));
    }
    if (day.exitCode === exitCodes.fail) await shrink(day, place, values.shrinkFor, context);
    if (signal.aborted) break;
  }
  terminal.clear();
  printChaos({ days, of: count, coverage, terminal, reports });
  signal.throwIfAborted();
  return worstOf(days);
}

const observerOf = ({
  signal,
  terminal,
}: Context): { signal: AbortSignal; note: (line: string) => void } => ({
  signal,
  note: (line) => terminal.note(line),
});

function printChaos({
  days,
  of,
  coverage: { table },
  terminal,
  reports,
}: {
  days: readonly ChaosDay[];
  of: number | undefined;
  coverage: Coverage;
  terminal: Terminal;
  reports: Reports;
}): void {
  const report = { days: days.map(reportOf), of, phases: chaosPhases, coverage: table };
  printReports(terminal, reports, {
    // On stdout, each day was reported when it ended.
    default: (palette, isFile) =>
      isFile ? chaosLines(report, palette) : ['', ...chaosSummary(report, palette)],
    json: () => jsonText(documentOf(days, table)),
    junit: () => chaosJunit(report),
    github: () => chaosGithub(report),
  });
}

/** The plan of a replayed day says which Kafka to start. */
async function groundOf(
  values: OptionValues,
  replay: ChaosPlan | undefined,
  asked: string | undefined,
): Promise<Ground> {
  refuseSharedStore(values);
  const pipeline = await pipelineOf(values, replay, asked);
  const { brokers, kafkaVersion, zookeeper, security } = replay ?? {
    brokers: values.brokers,
    ...kafkaChoiceOf(values),
  };
  const store = values.store === undefined ? defaultEngine : engineOf(values.store);
  const transactions = transactionsOf(values, replay);
  return { brokers, kafkaVersion, zookeeper, security, store, transactions, pipeline };
}

/** A pipeline of the user's config; undefined for nodrop's own. */
async function pipelineOf(
  values: OptionValues,
  replay: ChaosPlan | undefined,
  asked: string | undefined,
): Promise<Ground['pipeline']> {
  if (replay !== undefined && asked !== undefined)
    throw usageError('--replay names the pipeline itself.', `Leave ${asked} out.`);
  const name = replay === undefined ? asked : replay.pipeline;
  if (name === undefined) {
    if (values.config !== undefined)
      throw usageError('--config is for pipelines of yours.', 'Name one: nodrop chaos PIPELINE');
    return undefined;
  }
  const given = (['store', 'transactional'] as const).find((option) => values[option] !== undefined);
  if (given !== undefined)
    throw usageError(`--${given} is for nodrop's own pipeline: the config describes yours.`, 'Leave it out.');
  const { loadConfig } = await import('../../config/load-config.ts');
  const { processPlans } = await import('../../processes/process-plan.ts');
  const { unknownPipeline } = await import('../../run/user-pipeline/pipeline-spec.ts');
  const replayed = replay?.options
    .find((option) => option.startsWith('--config='))
    ?.slice('--config='.length);
  const { config, path } = await loadConfig(replayed ?? values.config, process.cwd());
  if (config.pipelines[name] === undefined) throw unknownPipeline(name, Object.keys(config.pipelines));
  if (config.kafka?.bootstrapServers !== undefined)
    throw usageError(
      'nodrop chaos starts a Kafka for each run, and the config names an existing one.',
      'Leave kafka.bootstrapServers out.',
    );
  return { name, config: path, processes: processPlans(config.processes ?? {}) };
}

function transactionsOf(
  { transactional = false, transactionSize: size, abortRate }: OptionValues,
  replay: ChaosPlan | undefined,
): Ground['transactions'] {
  if (!transactional && (size ?? abortRate) !== undefined)
    throw usageError('--transaction-size and --abort-rate need --transactional.');
  return transactional || replay?.options.includes('--transactional') === true
    ? { size, abortRate }
    : undefined;
}

/** undefined: as many as `--for` allows. */
function countOf({ replay, runs, for: forMs }: OptionValues): number | undefined {
  if (replay !== undefined) return 1;
  return runs ?? (forMs === undefined ? runsDefault : undefined);
}

/** Ends after `count` plans or once `--for` has passed, whichever comes first. */
function* randomPlans(
  { seed = Math.floor(Math.random() * 2 ** 32), for: forMs = Infinity }: OptionValues,
  ground: Ground,
  count = Infinity,
): Generator<ChaosPlan> {
  const endMs = performance.now() + forMs;
  for (const plan of chaosPlans(seed, ground)) {
    // At least one, however short the time: without a day the command would prove nothing and still exit with 0.
    if (plan.index >= count || (plan.index > 0 && performance.now() >= endMs)) return;
    yield plan;
  }
}

function replayOf(path: string): ChaosPlan {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(
      `--replay ${path} cannot be read: ${messageOf(error)}`,
      'It takes the chaos.json that a run left in its folder.',
    );
  }
  return parseChaosPlan(text, `--replay ${path}`);
}

/** Writes the smallest schedule found that still fails to the folder of the failed run. */
async function shrink(
  { plan, folder }: ChaosDay,
  place: ChaosPlace,
  shrinkMs: number,
  context: Context,
): Promise<void> {
  const { signal, terminal } = context;
  if (plan.faults.length < 2 || shrinkMs === 0) return;
  const endMs = performance.now() + shrinkMs;
  const observer = observerOf(context);
  const fails = async (faults: readonly string[]): Promise<boolean> => {
    terminal.status(`does the run still fail with ${faults.join(' ')}?`);
    const trial = await runDay({ ...plan, faults: [...faults] }, place, observer, true);
    return trial.exitCode === exitCodes.fail;
  };
  const left = await shrunk(plan.faults, fails, () => signal.aborted || performance.now() > endMs);
  if (signal.aborted) return;
  const path = folder.file('chaos-shrunk.json');
  writeWhole(path, `${JSON.stringify({ ...plan, faults: left }, null, 2)}\n`);
  terminal.note(
    `The run also fails with only ${left.join(' ')}. To repeat it: nodrop chaos --replay ${path}`,
  );
}

const reportOf = ({ plan, folder, exitCode, ...day }: ChaosDay): DayReport => ({
  ...day,
  exitCode,
  run: folder.id,
  seed: plan.seed,
  faults: plan.faults,
  evidence: exitCode === exitCodes.pass ? undefined : folder.path,
});

function documentOf(days: readonly ChaosDay[], coverage: CoverageTable): object {
  const runs = days.map(({ plan, folder, exitCode, result, ms }) => ({
    run: folder.id,
    plan,
    exitCode,
    ms,
    verdict: result?.verdict ?? null,
    findings: result?.findings ?? [],
    notChecked: result?.notChecked ?? [],
    evidence: exitCode === exitCodes.pass ? null : folder.path,
  }));
  return { schema: 1, runs, coverage };
}

function worstOf(days: readonly ChaosDay[]): number {
  const ranks = days.map(({ exitCode }) => severity.indexOf(exitCode));
  const worst = ranks.indexOf(Math.min(...ranks));
  return days[worst]?.exitCode ?? exitCodes.pass;
}

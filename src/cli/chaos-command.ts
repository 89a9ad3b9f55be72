import { readFileSync, writeFileSync } from 'node:fs';
import { chaosFaults } from '../chaos/chaos-faults.ts';
import { chaosPlan, parseChaosPlan, type ChaosPlan, type Ground } from '../chaos/chaos-plan.ts';
import { chaosPhases, Coverage } from '../chaos/coverage.ts';
import { shrunk } from '../chaos/shrink.ts';
import { exitCodes, messageOf, usageError } from '../errors.ts';
import { coverageLines, dayLines, type DayReport } from '../report/chaos-lines.ts';
import { runDay, type ChaosDay, type ChaosPlace } from '../run-chaos.ts';
import type { Context } from './context.ts';
import { refuseSharedStore, type SharedValues } from './options.ts';

interface ChaosValues extends SharedValues {
  runs?: number;
  /** In ms. */
  for?: number;
  replay?: string;
  shrinkFor: number;
}

const runsDefault = 20;
/** From what is worst to what is best; what is not here is worse than all. */
const severity: readonly number[] = [
  exitCodes.bug,
  exitCodes.fail,
  exitCodes.unavailable,
  exitCodes.usage,
  exitCodes.inconclusive,
  exitCodes.pass,
];

/** Random bad days, one after the other. Exits with the code of the worst. */
export async function chaosCommand(values: ChaosValues, context: Context): Promise<number> {
  const { signal, terminal } = context;
  const place = { dir: values.dir, store: values.store, timeoutMs: values.timeout };
  const ground = groundOf(values);
  const coverage = new Coverage(namesOf(ground));
  const days: ChaosDay[] = [];
  const count = countOf(values);
  const plans = values.replay === undefined ? randomPlans(values, ground, count) : [replayOf(values.replay)];
  for (const plan of plans) {
    terminal.status(`run ${days.length + 1}: ${plan.faults.join(' ')}`);
    const day = await runDay(plan, place, signal);
    if (signal.aborted) throw signal.reason;
    days.push(day);
    coverage.add(day.course);
    terminal.clear();
    if (values.json !== true) {
      terminal.print(dayLines(days.length, count, reportOf(day), terminal.palette).join('\n'));
    }
    if (day.exitCode === exitCodes.fail) await shrink(day, place, values.shrinkFor, context);
  }
  if (values.json === true) terminal.print(JSON.stringify(documentOf(days, coverage)));
  else terminal.print(summaryOf(days, coverage, context).join('\n'));
  return worstOf(days);
}

function groundOf(values: SharedValues): Ground {
  refuseSharedStore(values);
  return { brokers: values.brokers, store: values.store === undefined ? 'sqlite' : 'postgres' };
}

const namesOf = (ground: Ground): string[] =>
  chaosFaults({ ...ground, producers: 1, consumers: 1, sendsMs: undefined }).map(({ name }) => name);

/** undefined: as many as there is time for. */
function countOf({ replay, runs, for: forMs }: ChaosValues): number | undefined {
  if (replay !== undefined) return 1;
  return runs ?? (forMs === undefined ? runsDefault : undefined);
}

/** Until there were as many as are wanted, or for as long as is wanted. */
function* randomPlans(
  { seed, for: forMs }: ChaosValues,
  ground: Ground,
  count = Infinity,
): Generator<ChaosPlan> {
  const endMs = performance.now() + (forMs ?? Infinity);
  const first = seed ?? Math.floor(Math.random() * 2 ** 32);
  for (let index = 0; index < count && performance.now() < endMs; index++)
    yield chaosPlan(first, index, ground);
}

function replayOf(path: string): ChaosPlan {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(
      `--replay ${path} cannot be read: ${messageOf(error)}`,
      'It takes the chaos.json of a run.',
    );
  }
  return parseChaosPlan(text, `--replay ${path}`);
}

/** Leaves what it takes to fail beside the evidence of the run that failed. */
async function shrink(
  { plan, folder }: ChaosDay,
  place: ChaosPlace,
  shrinkMs: number,
  { signal, terminal }: Context,
): Promise<void> {
  if (plan.faults.length < 2 || shrinkMs === 0) return;
  const endMs = performance.now() + shrinkMs;
  const fails = async (faults: readonly string[]): Promise<boolean> => {
    terminal.status(`does it fail with ${faults.join(' ')}?`);
    const trial = await runDay({ ...plan, faults: [...faults] }, place, signal, true);
    return trial.exitCode === exitCodes.fail;
  };
  const left = await shrunk(plan.faults, fails, () => signal.aborted || performance.now() > endMs);
  if (signal.aborted) throw signal.reason;
  const path = folder.file('chaos-shrunk.json');
  writeFileSync(path, `${JSON.stringify({ ...plan, faults: left }, null, 2)}\n`, { mode: 0o600 });
  terminal.note(`It fails with ${left.join(' ')} too. To repeat it: nodrop chaos --replay ${path}`);
}

const reportOf = ({ plan, folder, ...day }: ChaosDay): DayReport => ({
  ...day,
  faults: plan.faults,
  evidence: folder.path,
});

function documentOf(days: readonly ChaosDay[], coverage: Coverage): object {
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
  return { schema: 1, runs, coverage: coverage.table };
}

function summaryOf(days: readonly ChaosDay[], coverage: Coverage, { terminal }: Context): string[] {
  const count = (code: number): number => days.filter(({ exitCode }) => exitCode === code).length;
  const [passed, failed] = [count(exitCodes.pass), count(exitCodes.fail)];
  const others = days.length - passed - failed;
  const [first] = days;
  const seed = first === undefined ? '' : `, seed ${first.plan.seed}`;
  return [
    '',
    ...coverageLines(coverage.table, chaosPhases, terminal.palette),
    '',
    `  ${days.length} runs${seed}: ${passed} passed, ${failed} failed${others === 0 ? '' : `, ${others} without a verdict that counts`}`,
  ];
}

function worstOf(days: readonly ChaosDay[]): number {
  const ranks = days.map(({ exitCode }) => severity.indexOf(exitCode));
  const worst = ranks.indexOf(Math.min(...ranks));
  return days[worst]?.exitCode ?? exitCodes.pass;
}

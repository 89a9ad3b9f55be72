/** Checks a config as a whole: each value by the schema, then what spans values. All errors are told at once. */
import type { z } from 'zod';
import { OperationalError, usageError } from '../errors.ts';
import { parseThreshold } from '../result/thresholds.ts';
import { printable } from '../text/printable.ts';
import { plural } from '../text/counted.ts';
import type { Config } from './config.ts';
import { configSchema } from './schema.ts';
import { problemsOfKafka, problemsOfPipeline, type Problem } from './spanning-checks.ts';

const problemsMax = 10;
const shownMax = 60;

/**
 * The config, if it is right. Throws `usage` with the errors, 10 at most.
 *
 * @param name What the config is called in errors: its file.
 */
export async function checkConfig(config: unknown, name: string): Promise<Config> {
  const parsed = configSchema.safeParse(config, { reportInput: true });
  if (!parsed.success) throw problemsError(name, parsed.error.issues.map(sentenceOf));
  const checked = parsed.data;
  const problems = [
    ...problemsOfKafka(checked.kafka),
    ...Object.entries(checked.pipelines).flatMap(([pipeline, each]) => problemsOfPipeline(pipeline, each)),
    ...problemsOfThresholds(checked),
    ...(await problemsOfFaults(checked)),
  ];
  if (Object.keys(checked.pipelines).length === 0)
    problems.push({ path: 'pipelines', text: 'There is none. Write one, with source and sinks.' });
  if (problems.length > 0)
    throw problemsError(
      name,
      problems.map(({ path, text }) => `${path}: ${text}`),
    );
  return checked;
}

function problemsError(name: string, problems: readonly string[]): OperationalError {
  const [only] = problems;
  if (problems.length === 1) return usageError(`${name}: ${only}`);
  const shown = problems.slice(0, problemsMax);
  const more = problems.length - shown.length;
  if (more > 0) shown.push(`and ${more} more`);
  return usageError(`${name} has ${problems.length} ${plural(problems.length, 'error')}:`, shown.join('\n'));
}

/** `pipelines.orders.settle: "5" is no duration. Write 500ms, 5s or 2m.` */
function sentenceOf(issue: z.core.$ZodIssue): string {
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') return `${path === '' ? '' : `${path}: `}${issue.message}`;
  // The name itself is wrong.
  if (issue.code === 'invalid_key') {
    const name = JSON.stringify(issue.path.at(-1));
    return `${pathText(issue.path.slice(0, -1))}: ${name} is ${issue.issues[0]?.message ?? issue.message}`;
  }
  const where = path === '' ? 'The config' : path;
  if (issue.input === undefined) return `${where} is missing. ${issue.message.replace(/^.*?\. /, '')}`;
  return `${where}: ${shownValue(issue)} is ${issue.message}`;
}

const pathText = (path: readonly PropertyKey[]): string => printable(path.map(String).join('.'));

/** Values at these names may be secret. */
const secret: ReadonlySet<PropertyKey> = new Set([
  'env',
  'headers',
  'settings',
  'properties',
  'database',
  'http',
]);

function shownValue({ input, path }: z.core.$ZodIssue): string {
  if (Array.isArray(input)) return 'this list';
  if (typeof input === 'object' && input !== null) return 'this object';
  if (typeof input === 'function') return 'a function';
  if (path.some((name) => secret.has(name)))
    return typeof input === 'string' ? 'this text' : `this ${typeof input}`;
  const text = typeof input === 'string' ? JSON.stringify(input) : String(input);
  return printable(text.length > shownMax ? `${text.slice(0, shownMax)}…` : text);
}

/** What a destination stores has no times: nodrop reads it when all has drained. */
const problemsOfThresholds = ({ thresholds = [] }: Config): Problem[] =>
  thresholds.flatMap((text, index) =>
    problemOf(`thresholds.${index}`, () => {
      const { metric } = parseThreshold(text);
      if (!metric.startsWith('stored.')) return;
      throw usageError(
        `${text}: when a message was stored is not measured in a run of a user's pipeline.`,
        'Write acked.rate, acked.p99 and the like, or total.',
      );
    }),
  );

async function problemsOfFaults({ faults = [], processes = {} }: Config): Promise<Problem[]> {
  if (faults.length === 0) return [];
  // Without faults, none of their code is loaded.
  const { parseFault } = await import('../faults/fault-schedule.ts');
  const names = Object.keys(processes);
  return faults.flatMap((text, index) =>
    problemOf(`faults.${index}`, () => {
      const { fault, detail } = parseFault(text);
      if (detail === undefined || fault.details?.includes(detail) === true || names.includes(detail)) return;
      throw usageError(
        `${text}: there is no process ${detail}.`,
        names.length === 0 ? 'The config has no processes.' : `The processes: ${names.join(', ')}.`,
      );
    }),
  );
}

/** What `check` throws for a wrong text of the user, without the option that errors name. */
function problemOf(path: string, check: () => void): Problem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    const hint = error.hint === undefined ? '' : ` ${error.hint.replaceAll('\n', ' ')}`;
    return [{ path, text: `${error.message.replace(/^--(fault|threshold) /, '')}${hint}` }];
  }
}

/**
 * The schedule of the faults of a run. An entry is `NAME:WHERE=VALUE@WHEN+HOW-LONG`, for example
 * `latency:producer=200ms@5s+3s`. WHEN counts from the first send; `+never` means that the fault is not mended.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { durationText, parseDurationMs } from '../system/duration.ts';
import { messageOf, usageError } from '../errors.ts';
import { faults } from './catalog.ts';
import type { Fault, FaultSetting, PipelinePlan } from './fault.ts';

export interface ScheduledFault extends FaultSetting {
  fault: Fault;
  atMs: number;
}

const form = 'NAME[:WHERE[=VALUE]]@WHEN[+HOW-LONG|+never], such as kill-leader@5s+3s';
const seeFaults = 'All of them: nodrop faults';
const timeMsMax = 24 * 3_600_000;
const faultsMax = 1_000;

/** Throws `usage` with the reason if the text is wrong. */
export function parseFault(text: string): ScheduledFault {
  const match = /^([^:=@+]+)(?::([^=@+]+)(?:=([^@+]+))?)?@([^+]+)(?:\+(.+))?$/.exec(text);
  if (match === null) throw usageError(`--fault takes ${form}; not '${text}'.`, seeFaults);
  const [, name = '', detail, value, at = '', lasts] = match;
  return scheduled({ name, detail, value, at, for: lasts }, `--fault ${text}`);
}

const entrySchema = z.strictObject({
  name: z.string(),
  detail: z.string().optional(),
  value: z.string().optional(),
  at: z.string(),
  for: z.string().optional(),
});
type Entry = z.infer<typeof entrySchema>;

/** Reads a file with a JSON list of faults, such as the one that each run with faults writes. Throws `usage`. */
export function readFaultFile(path: string): ScheduledFault[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw usageError(`--fault-file ${path} cannot be read: ${messageOf(error)}`);
  }
  const parsed = z.array(entrySchema).max(faultsMax).safeParse(json);
  if (!parsed.success) {
    throw usageError(
      `--fault-file ${path} is not a list of faults: ${z.prettifyError(parsed.error)}`,
      'It takes [{"name": "kill-leader", "at": "5s", "for": "3s"}, …].',
    );
  }
  return parsed.data.map((entry, index) => scheduled(entry, `--fault-file ${path}, fault ${index + 1}`));
}

/** The text of a file that `readFaultFile` can read. */
export const faultFileText = (schedule: readonly ScheduledFault[]): string =>
  `${JSON.stringify(schedule.map(entryOf), null, 2)}\n`;

function entryOf({ fault, detail, value, atMs, lastsMs }: ScheduledFault): Entry {
  const lasts = lastsMs === Infinity ? 'never' : durationText(lastsMs);
  return {
    name: fault.name,
    ...(detail !== undefined && { detail }),
    ...(value !== undefined && { value }),
    at: durationText(atMs),
    ...(fault.lastsMs !== undefined && { for: lasts }),
  };
}

/** The text of a fault in the form that `--fault` takes. */
export function faultText(scheduled: ScheduledFault): string {
  const { name, detail, value, at, for: lasts } = entryOf(scheduled);
  const where = detail === undefined ? '' : `:${detail}${value === undefined ? '' : `=${value}`}`;
  return `${name}${where}@${at}${lasts === undefined ? '' : `+${lasts}`}`;
}

function scheduled(entry: Entry, where: string): ScheduledFault {
  const fault = faults.find(({ name }) => name === entry.name);
  if (fault === undefined) {
    throw usageError(`${where}: there is no fault '${entry.name}'.`, `${nearest(entry.name)}${seeFaults}`);
  }
  const { detail } = entry;
  if (detail !== undefined && !takesDetail(fault, detail)) {
    throw usageError(
      `${where}: after the colon, ${fault.name} takes ${whereForm(fault) ?? 'nothing'}; not '${detail}'.`,
    );
  }
  if (entry.value !== undefined && fault.value?.isRight(entry.value) !== true) {
    const known = fault.value === undefined ? 'nothing' : fault.value.form;
    throw usageError(`${where}: after =, ${fault.name} takes ${known}; not '${entry.value}'.`);
  }
  if (entry.for !== undefined && fault.lastsMs === undefined) {
    throw usageError(`${where}: ${fault.name} ends by itself, so it takes no duration.`);
  }
  const lastsMs = entry.for === 'never' ? Infinity : timeMs(entry.for, `${where}: +`);
  const value = entry.value ?? fault.value?.standard;
  const atMs = timeMs(entry.at, `${where}: @`)!;
  return { fault, detail, value, atMs, lastsMs: lastsMs ?? fault.lastsMs ?? 0 };
}

/** The names of a user's processes are not known yet: `problem` looks at them. */
const takesDetail = ({ details, takesProcess }: Fault, detail: string): boolean =>
  details?.includes(detail) === true ||
  (takesProcess !== undefined && (takesProcess === 'point' ? /^[^:]+(:.+)?$/ : /^[^:]+$/).test(detail));

/** What may stand after the colon; undefined for nothing. */
export function whereForm({ details = [], takesProcess }: Fault): string | undefined {
  const process = { name: ['PROCESS'], point: ['PROCESS', 'PROCESS:POINT'] };
  const forms = [...details, ...(takesProcess === undefined ? [] : process[takesProcess])];
  return forms.length === 0 ? undefined : forms.join(', ');
}

function timeMs(text: string | undefined, where: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms <= timeMsMax) return ms;
  throw usageError(`${where} takes a duration up to 24 hours, such as 500ms, 5s or 2m; not '${text}'.`);
}

/** Suggests the faults whose names share their beginning or end with this name. */
function nearest(name: string): string {
  const [first, last] = [name.split('-').at(0), name.split('-').at(-1)];
  const near = faults.filter(
    (fault) => fault.name.startsWith(`${first}-`) || fault.name.endsWith(`-${last}`),
  );
  return near.length === 0 ? '' : `Similar names: ${near.map((fault) => fault.name).join(', ')}.\n`;
}

/** Throws `usage` for the first fault that is impossible in this pipeline. */
export function checkSchedule(schedule: readonly ScheduledFault[], plan: PipelinePlan): void {
  for (const scheduled of schedule) {
    const problem = problemOf(scheduled.fault, plan, scheduled) ?? problemOfTime(scheduled, schedule, plan);
    if (problem !== undefined) throw usageError(`--fault ${faultText(scheduled)} is impossible: ${problem}.`);
  }
}

/** Why the fault is impossible in such a pipeline, if it is. */
export function problemOf(fault: Fault, plan: PipelinePlan, setting: FaultSetting): string | undefined {
  const { processes } = plan;
  if (processes === undefined || fault.ownPart === undefined) return fault.problem(plan, setting);
  const { part, instead } = fault.ownPart;
  const fitting = instead === undefined ? [] : [...processes.keys()].map((name) => `${instead}:${name}`);
  const why = `it acts on nodrop's own ${part}, which your pipeline does not have`;
  return fitting.length === 0 ? why : `${why}: ${fitting.join(' or ')}`;
}

function problemOfTime(
  { atMs }: ScheduledFault,
  schedule: readonly ScheduledFault[],
  plan: PipelinePlan,
): string | undefined {
  const { sendsMs = Infinity } = plan;
  if (atMs < sendsMs) return undefined;
  const isHeld = schedule.some(
    (other) =>
      other.atMs < sendsMs &&
      other.atMs + other.lastsMs > atMs &&
      other.lastsMs !== Infinity &&
      other.fault.holdsDrain?.(plan, other) === true,
  );
  const due = `it would begin when all has been sent, after ${durationText(sendsMs)}`;
  return isHeld
    ? undefined
    : `${due}, and no other fault, such as lock-store, holds the consumer up until then`;
}

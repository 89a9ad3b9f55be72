/**
 * Waits until a pipeline has drained, and judges it. All has drained if each group that feeds a destination has committed what
 * there is, and if what is wrong is so in two looks, `settle` apart. There is never a wait for a time alone.
 */
import type { CheckRecord } from '../../check/check-record.ts';
import { standing, isSuspect } from '../../check/suspicion.ts';
import type { Cause } from '../../result/verdict.ts';
import type { FindingsFile } from '../../run-folder/findings-file.ts';
import type { Announcer } from '../announcer.ts';
import { Deadline } from '../../system/deadline.ts';
import type { DestinationCheck } from '../../proof/destination-check.ts';
import type { FeedingGroups, GroupLag } from './feeding-groups.ts';
import { settleLooks } from '../../proof/settle-looks.ts';
import { judgeDestinations, type JudgedDestination } from '../../proof/judge-destinations.ts';

const pollMs = 200;

export interface DrainOptions {
  checks: readonly DestinationCheck[];
  groups: FeedingGroups;
  /** Whether the outcome of any message is unknown. */
  hasUnknown: boolean;
  settleMs: number;
  /** Limit of the time without progress. */
  timeoutMs: number;
  allowed: readonly Cause[];
  /** Called before each judgement: gives what takes the findings of that one. */
  openFindings: () => Pick<FindingsFile, 'add' | 'close' | 'problem'>;
  announcer: Pick<Announcer, 'step' | 'note'>;
  signal: AbortSignal;
}

export interface Drained {
  judged: JudgedDestination[];
  /** Why it is not known whether all has drained, in sentences. */
  open: string[];
  notes: string[];
  /** The wait, and the reading and judging after it. */
  drainMs: number;
  auditMs: number;
}

export async function drain(options: DrainOptions): Promise<Drained> {
  const { checks, groups, settleMs, timeoutMs, announcer, signal } = options;
  const startedAt = performance.now();
  const deadline = new Deadline(timeoutMs, signal);
  announcer.step('waiting until the pipeline has drained');
  let behind = await untilCommitted(groups, deadline);
  let judged = await lookAndJudge(options);
  let lookedAt = performance.now();
  let lastMs = lookedAt - startedAt;
  while (judged.some((each, index) => mayBeLate(each, checks[index]!.record()))) {
    if (deadline.isOver) break;
    const before = judged.map(standing).join('; ');
    announcer.step(
      `something is missing or different: all is read again in ${Math.ceil(settleMs / 1_000)} s`,
    );
    await new Deadline(settleMs + 1, signal).pause(settleMs - (performance.now() - lookedAt));
    behind = await untilCommitted(groups, deadline);
    lastMs = performance.now() - startedAt;
    judged = await lookAndJudge(options);
    lookedAt = performance.now();
    const isSame = judged.map(standing).join('; ') === before;
    const isHeard = (await groups.silent()).length === 0;
    if (isSame && behind.length === 0 && isHeard && (await silentOf(judged, groups)).length === 0) break;
    if (!isSame) deadline.restart();
  }
  signal.throwIfAborted();
  const silent = await silentOf(judged, groups);
  const isSuspected = judged.some((each, index) => mayBeLate(each, checks[index]!.record()));
  // Without a finding, it does not matter where they are.
  const unheard = isSuspected ? await groups.silent() : [];
  const late =
    unheard.length > 0 ? [...checks] : lateOf(checks, { behind, silent, isOutOfTime: deadline.hasPassed });
  if (late.length > 0 && isSuspected) {
    for (const check of late) check.isUndrained = true;
    judged = await judge(options);
  }
  for (const check of checks) check.save();
  const hasGroups = await groups.areKnown();
  return {
    judged,
    open: [...behind.map(lagText), ...silent.map(silenceText), ...unheard.map(unheardText)],
    notes: hasGroups
      ? []
      : [
          'No consumer group tells how far the pipeline is: that it has drained rests on two looks at what it wrote.',
        ],
    drainMs: Math.round(lastMs),
    auditMs: Math.round(performance.now() - startedAt - lastMs),
  };
}

/** The destinations to which more may come: those behind a group that is late, and all after them. */
function lateOf(
  checks: readonly DestinationCheck[],
  {
    behind,
    silent,
    isOutOfTime,
  }: { behind: readonly GroupLag[]; silent: readonly string[]; isOutOfTime: boolean },
): DestinationCheck[] {
  // Without a group that is late, the last looks have differed, and nothing tells where.
  if (isOutOfTime && behind.length + silent.length === 0) return [...checks];
  const late = new Set<string>(silent);
  // Each stands after the one that feeds it.
  for (const { destination } of checks) {
    const before = checks.find((each) => each.destination.name === destination.from)?.destination;
    const isBehind = behind.some(({ topic }) => topic === before?.topic);
    if (before !== undefined && (isBehind || late.has(before.name))) late.add(destination.name);
  }
  return checks.filter(({ destination: { name } }) => late.has(name));
}

/** The groups that are behind when they stop making progress; empty once all have committed. */
async function untilCommitted(groups: FeedingGroups, deadline: Deadline): Promise<GroupLag[]> {
  let least = Infinity;
  for (;;) {
    const behind = await groups.behind();
    const left = behind.reduce((sum, { records }) => sum + records, 0);
    if (left === 0 || deadline.isOver) return behind;
    if (left < least) deadline.restart();
    least = Math.min(least, left);
    await deadline.pause(pollMs);
  }
}

async function lookAndJudge(options: DrainOptions): Promise<JudgedDestination[]> {
  options.announcer.step('reading what the pipeline wrote');
  await Promise.all(options.checks.map((check) => check.look()));
  settleLooks(
    options.checks.map(({ facts }) => facts),
    options.hasUnknown,
  );
  return await judge(options);
}

/** A service may accept a message and hand it on later: then the producer is late, and not to blame. */
const mayBeLate = (judged: JudgedDestination, record: CheckRecord): boolean =>
  judged.audit.findings.length > 0 || isSuspect(judged, record);

async function judge({
  checks,
  allowed,
  openFindings,
  announcer,
}: DrainOptions): Promise<JudgedDestination[]> {
  announcer.step('judging');
  const findings = openFindings();
  try {
    return await judgeDestinations(checks, allowed, (finding) => findings.add(finding));
  } finally {
    findings.close();
    if (findings.problem !== undefined) announcer.note(findings.problem);
  }
}

/**
 * The destinations to which nothing has come, if no group tells how far the pipeline is: an application that starts slowly
 * looks like one that loses all.
 */
async function silentOf(judged: readonly JudgedDestination[], groups: FeedingGroups): Promise<string[]> {
  const silent = judged.filter(({ audit: { acknowledged, counts, store } }) => {
    const due = Object.values(acknowledged).reduce((sum, count) => sum + count, 0) - counts.dropped;
    return due > 0 && store.rows + store.deadLetters - counts.unrooted <= 0;
  });
  if (silent.length === 0 || (await groups.areKnown())) return [];
  return silent.map(({ destination: { name } }) => name);
}

const silenceText = (name: string): string =>
  `Nothing has come to ${name}, and no consumer group tells how far the pipeline is: it may be late. If a group feeds it, name it with group.`;

const unheardText = (group: string): string =>
  `Group ${group} is at work and has committed nothing: it may be late, and nothing tells how far it is.`;

const lagText = ({ group, topic, records }: GroupLag): string =>
  `Group ${group} has not committed ${records} ${records === 1 ? 'record' : 'records'} of ${topic}: not drained.`;

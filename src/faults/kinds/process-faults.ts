/** Faults that kill, suspend or restart the processes of a user. */
import type { Effect, Fault, FaultSetting, Pipeline, PipelinePlan, UserVictim } from '../fault.ts';
import { firstAtPoint } from './first-at-point.ts';
import { killProcess } from './kill-process.ts';
import { endless, noting } from './kill-stage.ts';
import { suspendProcesses } from './suspend-process.ts';

const lastsMs = 5_000;

/** The name of a process, and the point after another colon. */
function partsOf(detail: string | undefined): { name: string; point: string | undefined } {
  const [name = '', ...point] = (detail ?? '').split(':');
  return { name, point: point.length === 0 ? undefined : point.join(':') };
}

/** Why a fault cannot be done to the process that its detail names, if so. */
export function problemOfProcess(
  { processes }: PipelinePlan,
  detail: string | undefined,
): string | undefined {
  if (processes === undefined) return "nodrop's own pipeline has no processes of a user";
  const { name } = partsOf(detail);
  if (processes.has(name)) return undefined;
  const known = processes.size === 0 ? 'the config has none' : [...processes.keys()].join(', ');
  return detail === undefined
    ? `it takes a process after a colon: ${known}`
    : `there is no process '${name}': ${known}`;
}

/** SIGKILL and SIGSTOP would hit the client of a container, and the container would go on. */
function problemOfSignal(plan: PipelinePlan, { detail }: FaultSetting): string | undefined {
  const problem = problemOfProcess(plan, detail);
  const { name } = partsOf(detail);
  if (problem !== undefined || !plan.processes!.get(name)!.isContainer) return problem;
  return `${name} runs a container, which such a signal does not reach: restart-process:${name} or cut:${name}`;
}

/** Those that run. Throws if none does. */
export function runningOf({ processes }: Pipeline, name: string): UserVictim[] {
  const running = processes.get(name)?.filter(({ pid }) => pid !== undefined) ?? [];
  if (running.length === 0) throw new Error(`no process of ${name} was at work`);
  return running;
}

export const killUserProcess: Fault = {
  name: 'kill-process',
  does: 'kills a process of yours, when it tells a point of its work if one is named, and starts it again',
  expected: 'messages that it had not finished are handled again, and have one effect',
  example: 'kill-process:worker@5s+3s',
  lastsMs,
  takesProcess: 'point',
  usersOnly: true,
  problem: problemOfSignal,
  begin: async (pipeline, { detail }, signal) => {
    const { name, point } = partsOf(detail);
    const running = runningOf(pipeline, name);
    if (point === undefined) return await killProcess(running[0]!);
    const victim = await firstAtPoint(running, point, signal);
    return noting(await killProcess(victim), [`it had told the point ${point}`]);
  },
};

export const pauseUserProcess: Fault = {
  name: 'pause-process',
  does: 'suspends a process of yours, and all that it has started',
  expected:
    'if it exceeds its session, the group reassigns its partitions, and what it does late has no second effect',
  example: 'pause-process:worker@5s+10s',
  lastsMs,
  takesProcess: 'name',
  usersOnly: true,
  problem: (plan, setting) => problemOfSignal(plan, setting) ?? endless(plan, setting),
  begin: async (pipeline, { detail }) => await suspendProcesses([runningOf(pipeline, detail!)[0]!]),
};

export const restartUserProcess: Fault = {
  name: 'restart-process',
  does: 'asks each process of a name to end, one after the other, and starts it again when it has',
  expected: 'a stall at most: what was under way is finished, or handled again with one effect',
  example: 'restart-process:worker@5s',
  lastsMs: undefined,
  takesProcess: 'name',
  usersOnly: true,
  problem: (plan, { detail }) => problemOfProcess(plan, detail),
  begin: async (pipeline, { detail }) => {
    const victims = runningOf(pipeline, detail!);
    const evidence: string[] = [];
    const restart = async (): Promise<void> => {
      for (const victim of victims) {
        if (victim.pid === undefined || pipeline.signal.aborted) continue;
        evidence.push(await restarted(victim));
      }
    };
    const done = restart();
    // Its error is thrown at the end.
    done.catch(() => undefined);
    return {
      target: victims.map(({ name }) => name).join(', '),
      end: async (): Promise<Effect> => {
        await done;
        return { tookEffect: evidence.length === victims.length, evidence };
      },
    };
  },
};

/** Returns what happened, in a sentence. */
export async function restarted(victim: UserVictim): Promise<string> {
  const { name, pid } = victim;
  const how = await victim.stop();
  await victim.start();
  return `${name}, process ${pid}, ${how}, and was started again as process ${victim.pid}`;
}

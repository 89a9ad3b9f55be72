/** The common part of all faults that suspend: SIGSTOP, its effect in the process table, and SIGCONT. */
import { Deadline } from '../../system/deadline.ts';
import { processState } from '../../system/process-state.ts';
import { are, plural } from '../../text/counted.ts';
import type { Effect, Underway, Victim } from '../fault.ts';

const pollMs = 10;
const stoppedMsMax = 2_000;

/** `look` returns more of the effect, before the victims are resumed. */
export async function suspendProcesses(
  victims: readonly Victim[],
  look: () => Promise<string[]> = async () => [],
): Promise<Underway> {
  const effect: Effect = { tookEffect: true, evidence: [] };
  for (const victim of victims) victim.suspend();
  for (const victim of victims) {
    const { name, pid } = victim;
    const pids = victim.pids?.() ?? (pid === undefined ? [] : [pid]);
    const looks = await Promise.all(
      pids.map(async (each) => ({ pid: each, state: await untilStopped(each) })),
    );
    // A process that it has started may have been about to end.
    const left = looks.filter((look) => look.pid === pid || !isGone(look.state));
    const other = left.find(({ state }) => state !== 'T');
    if (left.length > 0 && other === undefined) {
      const named = `${plural(left.length, 'process', 'processes')} ${left.map((look) => look.pid).join(', ')}`;
      effect.evidence.push(`${named}, ${name}, ${are(left.length)} in state T`);
    } else {
      effect.tookEffect = false;
      effect.evidence.push(`${name} was not stopped: its state is ${other?.state ?? 'unknown'}`);
    }
  }
  return {
    target: victims.map(({ name }) => name).join(', '),
    end: async (isMended) => {
      effect.evidence.push(...(await look()));
      if (isMended) for (const victim of victims) victim.resume();
      return effect;
    },
  };
}

const isGone = (state: string | undefined): boolean => state === undefined || state === 'Z';

/** Waits for the stop; returns the last state of the process. */
async function untilStopped(pid: number): Promise<string | undefined> {
  let state: string | undefined;
  const isSettled = async (): Promise<boolean> => {
    state = await processState(pid);
    return state === 'T' || isGone(state);
  };
  await new Deadline(stoppedMsMax).poll(isSettled, pollMs);
  return state;
}

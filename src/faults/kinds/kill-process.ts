/** The common part of all faults that kill: SIGKILL, and later a restart. */
import { processState } from '../../system/process-state.ts';
import type { Effect, Underway, Victim } from '../fault.ts';

const isGone = (state: string | undefined): boolean => state === undefined || state === 'Z';

/** `look` returns more of the effect when the fault ends. */
export async function killProcess(
  victim: Victim & { leave?: () => void },
  look: () => Promise<string[]> = async () => [],
): Promise<Underway> {
  const { name, pid } = victim;
  if (pid === undefined) throw new Error(`${name} did not run`);
  await victim.kill();
  const state = await processState(pid);
  const evidence = [
    isGone(state) ? `process ${pid}, ${name}, is gone` : `process ${pid} is in state ${state}`,
  ];
  return {
    target: name,
    leave: () => victim.leave?.(),
    end: async (isMended): Promise<Effect> => {
      if (isMended) {
        await victim.start();
        evidence.push(`${name} was started again as process ${victim.pid}`);
      }
      evidence.push(...(await look()));
      return { tookEffect: isGone(state), evidence };
    },
  };
}

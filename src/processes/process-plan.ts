/** What is known of the processes of a config before they start, for the faults that act on them. */
import type { Config, PipelineConfig, ProcessConfig } from '../config/config.ts';
import { resolveEnv } from '../config/resolve-paths.ts';
import type { ProcessPlan } from '../faults/fault.ts';
import { urlNamesIn } from './process-environment.ts';

export const processPlans = (processes: NonNullable<Config['processes']>): ReadonlyMap<string, ProcessPlan> =>
  new Map(
    Object.entries(processes).map(([name, config]) => [
      name,
      {
        count: config.count ?? 1,
        hasAddresses: urlNamesIn(config).length > 0,
        isContainer: runsContainer(config),
      },
    ]),
  );

/** A container is no child of the command that runs it: SIGKILL and SIGSTOP hit the command alone. */
function runsContainer({ command }: ProcessConfig): boolean {
  const line = typeof command === 'string' ? command : command.join(' ');
  return /(^|[\s/;&|])(docker|podman|nerdctl)(-compose)?\s(.*\s)?(run|up|start|exec)(\s|$)/.test(line);
}

/**
 * The addresses of a pipeline by name: `source` for that of an HTTP source or a table, else the name of the hop or sink.
 * Topics have none: the brokers' address leads to them.
 */
export function addressesOf({ source, sinks }: PipelineConfig): Map<string, string> {
  const all = Object.entries({ source, ...sinks });
  return new Map(
    all.flatMap(([name, place]) => {
      const address = 'http' in place ? place.http : 'database' in place ? place.database : undefined;
      return address === undefined ? [] : [[name, resolveEnv(address)] as const];
    }),
  );
}

import type { Example } from './verdict.ts';

/** The name under which `explain` finds a message: its id in the workload, otherwise its place (`PARTITION:OFFSET`). */
export function messageNameOf({ id, partition, offset }: Example): string | undefined {
  if (id !== undefined && /^p\d+-\d+$/.test(id)) return id;
  return partition === undefined || offset === undefined ? undefined : `${partition}:${offset}`;
}

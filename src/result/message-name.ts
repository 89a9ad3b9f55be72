import type { Example } from './verdict.ts';

/** As `explain` takes it: what has no id of a workload's is found by its place. */
export function messageNameOf({ id, partition, offset }: Example): string | undefined {
  if (id !== undefined && /^p\d+-\d+$/.test(id)) return id;
  return partition === undefined || offset === undefined ? undefined : `${partition}:${offset}`;
}

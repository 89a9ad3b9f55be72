import type { Result } from './result.ts';
import type { Example } from './verdict.ts';

/**
 * The name under which `explain` finds a message: its id, otherwise its place (`PARTITION:OFFSET`). A run knows ids of its
 * workload only, and a check those of the user.
 */
export function messageNameOf(
  { id, topic, partition, offset }: Example,
  root?: Result['root'],
): string | undefined {
  if (id !== undefined && (root !== undefined || /^p\d+-\d+$/.test(id))) return id;
  if (partition === undefined || offset === undefined) return undefined;
  return `${root === 'log' && topic !== undefined ? `${topic}/` : ''}${partition}:${offset}`;
}

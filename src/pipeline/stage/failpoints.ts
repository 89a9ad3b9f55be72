/**
 * Points: named places in a stage at which its death, or that of its store, would do most harm. With
 * `NODROP_PAUSE_AT=POINT:N` in its environment, a stage reports to its parent that it has reached that point for the
 * N-th time, and waits until the parent lets it go on. With `NODROP_PAUSE_AT=told`, the parent says at which point the
 * stage does so next. Without it, a point costs a comparison.
 */
import { usageError } from '../../errors.ts';
import { onPauseAt, tellParent, untilToldToGoOn } from './stage-parent.ts';

export const consumerPoints = [
  /** Records were fetched, and nothing was done with them yet. */
  'after-fetch',
  /** The transaction is complete except for its commit. */
  'before-store-commit',
  /** The store has committed; the group does not have the offsets yet. */
  'after-store-commit',
  /** The group has the offsets, too. */
  'after-group-commit',
] as const;
export const producerPoints = [
  /** All messages of a transaction were acked; its commit was not requested yet. */
  'before-commit',
  /** The commit was requested; the producer has not seen the answer. */
  'after-commit-request',
] as const;
const pointNames = [...consumerPoints, ...producerPoints];
export type PointName = (typeof pointNames)[number];

/** To be called by the stage at a point. */
export type Reach = (point: PointName) => Promise<void>;

const variable = 'NODROP_PAUSE_AT';
/** The environment of a stage whose parent says where to stop. */
export const pausesWhenTold = { [variable]: 'told' };

/** Undefined if points are off. Throws `usage` for a value that names no point. */
export function pointsFromEnvironment(signal: AbortSignal, value = process.env[variable]): Reach | undefined {
  if (value === undefined) return undefined;
  if (value === pausesWhenTold[variable]) return pointsAsTold(signal);
  const [, name, times] = /^([a-z-]+):([1-9]\d{0,8})$/.exec(value) ?? [];
  if (!pointNames.some((known) => known === name)) {
    throw usageError(`${variable} takes POINT:N, not '${value}'.`, `The points: ${pointNames.join(', ')}.`);
  }
  let left = Number(times);
  return async (point) => {
    if (point === name && --left === 0) await stopAt(point, signal);
  };
}

function pointsAsTold(signal: AbortSignal): Reach {
  let told: string | undefined;
  onPauseAt((point) => (told = point));
  return async (point) => {
    if (point !== told) return;
    told = undefined;
    await stopAt(point, signal);
  };
}

async function stopAt(point: PointName, signal: AbortSignal): Promise<void> {
  const goesOn = untilToldToGoOn(signal);
  tellParent({ type: 'reached', point });
  await goesOn;
}

/**
 * Points: places in the consumer where its death, or that of its store, would do most harm. Named so that
 * something can be done just there: `NODROP_PAUSE_AT=POINT:N` in the environment of a stage makes it say to
 * its parent that it has reached that point for the N-th time, and wait until the parent lets it go on. With
 * `NODROP_PAUSE_AT=told` the parent says at which point it is to do so next. Off, a point costs a comparison.
 */
import { usageError } from '../../errors.ts';
import { onPauseAt, tellParent, untilToldToGoOn } from './stage-parent.ts';

export const pointNames = [
  /** Records were fetched, and nothing was done with them. */
  'after-fetch',
  /** All is in the transaction but the commit. */
  'before-store-commit',
  /** The store has committed, and the group does not know yet. */
  'after-store-commit',
  /** The group knows, too. */
  'after-group-commit',
] as const;
export type PointName = (typeof pointNames)[number];

/** To be called at a point. */
export type Reach = (point: PointName) => Promise<void>;

const variable = 'NODROP_PAUSE_AT';
/** For the environment of a stage whose parent says where to stop. */
export const pausesWhenTold = { [variable]: 'told' };

/** Undefined where nothing is to happen at any point. Throws `usage` for a value that names none. */
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

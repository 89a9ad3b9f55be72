/** The messages between a stage that is a process and its parent. */
import type { StageEvent, StageOrder } from './stage.ts';

/** From the stage. */
export type StageMessage =
  | StageEvent
  /** Said at intervals, whatever else there is to say: a stage that is silent hangs. */
  | { type: 'alive' }
  /** It stands at a point, and waits until it is told to go on. */
  | { type: 'reached'; point: string }
  /** Why it ends before its work is done: its log may lie on a disk that is full. */
  | { type: 'last-words'; text: string };

/** From the parent. */
export type ParentMessage =
  | StageOrder
  /** Stop at this point when you come there next, and say so. */
  | { type: 'pause-at'; point: string }
  /** Leave the point where you stand. */
  | { type: 'go-on' };

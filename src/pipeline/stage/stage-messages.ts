/** The messages between a stage's process and its parent. */
import type { StageEvent, StageOrder } from './stage.ts';

/** Messages from the stage. */
export type StageMessage =
  | StageEvent
  /** Sent at intervals, in addition to all other messages: a silent stage hangs. */
  | { type: 'alive' }
  /** The stage has reached a point, and waits for `go-on`. */
  | { type: 'reached'; point: string }
  /** Why the stage ends before its work is done: its log may be on a full disk. */
  | { type: 'last-words'; text: string };

/** Messages from the parent. */
export type ParentMessage =
  | StageOrder
  /** Stop at this point when you next reach it, and report that. */
  | { type: 'pause-at'; point: string }
  /** Leave the point at which you wait. */
  | { type: 'go-on' };

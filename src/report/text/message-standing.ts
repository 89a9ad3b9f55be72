/** The state of a message as a whole: by the audit, or before it. */
import { isFact, type Timeline, type TimelineEvent } from '../../explain/timeline.ts';

export type Standing =
  /** Findings name it. */
  | 'found'
  /** The run goes on and was not audited. */
  | 'under-way'
  /** No message of the run is known at the position. */
  | 'nobody'
  | 'unsent'
  /** Something is odd, and the audit could not judge it. */
  | 'unjudged'
  /** No finding names it, and evidence that a verdict needs is missing. */
  | 'partly-known'
  | 'right';

export function standingOf({
  check,
  findings,
  audit,
  asExpected,
  expected,
  timeline,
  id,
}: Timeline): Standing {
  if (audit === null) return 'under-way';
  if (findings.length > 0) return 'found';
  if (check !== undefined) return check.isRight ? 'right' : 'unjudged';
  if (expected === null && !timeline.some((event) => 'id' in event && event.id === id)) return 'nobody';
  if (isUnsent(timeline)) return 'unsent';
  if (!asExpected) return 'unjudged';
  return timeline.some(isNeeded) ? 'partly-known' : 'right';
}

const isUnsent = (events: readonly TimelineEvent[]): boolean =>
  events.some((event) => event.hop === 'intent' && 'nothing' in event) &&
  !events.some((event) => isFact(event) && (event.hop === 'log' || event.hop === 'row'));

/** Missing evidence that a verdict needs: a verdict does without journals and commits. */
const isNeeded = (event: TimelineEvent): boolean =>
  'missing' in event && ['intent', 'outcome', 'log', 'row'].includes(event.hop);

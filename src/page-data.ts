/** What the page shows of a run: one document, carried in the report and sent to the live page. */
import type { Result } from './result.ts';
import type { Series } from './series.ts';
import type { Timeline } from './timeline.ts';
import type { SingleFinding } from './verdict.ts';

export interface PageData {
  schema: 1;
  /** When the run's manifest was written, in ms since the epoch; null without one. */
  createdAt: number | null;
  result: Result;
  series: Series | null;
  /** One by one, the first of them. */
  findings: SingleFinding[];
  findingsInAll: number;
  /** Of some of those that findings name, by the name under which it was asked for. */
  timelines: Record<string, Timeline>;
}

/** The timelines of the messages that findings name, for a report: a few for each finding. */
import { OperationalError } from '../errors.ts';
import { explainRun } from './explain-run.ts';
import { messageNameOf } from '../result/message-name.ts';
import type { Result } from '../result/result.ts';
import type { RunFolder } from '../run-folder/run-folder.ts';
import type { Timeline } from './timeline.ts';

const timelinesMax = 30;
const timelinesOfEach = 5;
/** The time limit for all: in a run of millions, each timeline takes a while. */
const timelinesMsMax = 3_000;
const timelinesBytesMax = 512 * 1024;

/** Throws an operational error if no evidence knows the message. */
type Explain = (asked: string) => Promise<Timeline>;

export async function timelinesOf(
  folder: RunFolder,
  result: Result,
  store: string,
): Promise<Record<string, Timeline>> {
  if (result.root === undefined) {
    return await timelinesBy(
      (asked) => explainRun({ folder, store, asked, bootstrapServers: undefined }),
      result,
    );
  }
  if (result.findings.length === 0) return {};
  if (result.root === 'log' && result.evidence.log === 'missing') return {};
  if (result.root === 'ledger') {
    const { ExplainedPipeline } = await import('./pipeline/explain-pipeline.ts');
    using run = await ExplainedPipeline.open(folder);
    return await timelinesBy((asked) => run.explain(asked), result);
  }
  const { ExplainedCheck } = await import('./check/explain-check.ts');
  using check = ExplainedCheck.openJudged(folder);
  return await timelinesBy((asked) => check.explain(asked, undefined), result);
}

/** Takes the first example of each finding before the second of any, until the time is up. */
async function timelinesBy(explain: Explain, { findings, root }: Result): Promise<Record<string, Timeline>> {
  const endMs = performance.now() + timelinesMsMax;
  const examples = Array.from({ length: timelinesOfEach }, (_, index) =>
    findings.flatMap((finding) => finding.examples[index] ?? []),
  ).flat();
  const names = new Set(examples.flatMap((example) => messageNameOf(example, root) ?? []));
  const timelines: Record<string, Timeline> = {};
  let bytes = 0;
  for (const asked of [...names].slice(0, timelinesMax)) {
    if (performance.now() > endMs) break;
    try {
      const timeline = await explain(asked);
      bytes += JSON.stringify(timeline).length;
      if (bytes <= timelinesBytesMax) timelines[asked] = timeline;
    } catch (error) {
      // A finding about a partition names a place at which there may be no message.
      if (!(error instanceof OperationalError)) throw error;
    }
  }
  return timelines;
}

/** Explains one message of a run, or one id of a check or of a run of a user's pipeline. */
import { isOfCheck, isOfPipeline } from '../run-folder/check-folder.ts';
import type { ExplainRequest } from './explain-run.ts';
import type { Timeline } from './timeline.ts';

/** Throws `usage` if no evidence knows the message. */
export async function explainMessage(request: ExplainRequest): Promise<Timeline> {
  const { folder, asked, bootstrapServers } = request;
  if (isOfPipeline(folder)) {
    const { ExplainedPipeline } = await import('./pipeline/explain-pipeline.ts');
    using run = await ExplainedPipeline.open(folder);
    return await run.explain(asked);
  }
  if (!isOfCheck(folder)) return await (await import('./explain-run.ts')).explainRun(request);
  const { ExplainedCheck } = await import('./check/explain-check.ts');
  using check = await ExplainedCheck.open(folder);
  return await check.explain(asked, bootstrapServers);
}

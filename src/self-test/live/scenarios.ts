/** The scenarios of live pipelines: in one go, or step by step if the damage is done in between. */
import type { Change, Scenario, Planting, Trial } from './live-defect.ts';
import { liveMessages, type LivePipeline } from './live-pipeline.ts';

/** A plain `nodrop run`. If an option is given twice, the last counts. */
export const inOneGo = (...options: string[]): Scenario => ({
  name: `run ${options.join(' ')}`,
  go: async (pipeline, planting) => {
    const sabotage = planting.sabotage && pipeline.sabotage(planting.sabotage);
    const result = await pipeline.run([`--messages=${liveMessages}`, ...options], sabotage);
    const haveStruck = result?.faults.every(({ tookEffect }) => tookEffect) ?? false;
    return trial(pipeline, result, haveStruck && (sabotage === undefined || pipeline.hasDone(sabotage)));
  },
});

/** Options for a run that lasts long enough for faults. */
export const paced: readonly string[] = ['--rate=600', '--messages=1200'];

/** Producer, consumer and audit one after the other. */
export const inSteps = (
  options: { produce?: readonly string[]; consume?: readonly string[] } = {},
): Scenario => ({
  name: `steps ${JSON.stringify(options)}`,
  go: async (pipeline, planting) => {
    const { produce = [], consume } = options;
    const sabotage = planting.sabotage && pipeline.sabotage(planting.sabotage);
    await pipeline.produce(produce, sabotage);
    const before = await changed(pipeline, planting.beforeConsuming);
    await pipeline.consume(consume, sabotage);
    const after = await changed(pipeline, planting.afterConsuming);
    return await audited(pipeline, planting, before && after);
  },
});

/** A producer that is killed half-way, another with these options that continues its ledger, then the consumer. */
export const inTwoSessions = (...options: string[]): Scenario => ({
  name: `sessions ${options.join(' ')}`,
  go: async (pipeline, planting) => {
    await pipeline.produceHalf();
    const between = await changed(pipeline, planting.betweenHalves);
    await pipeline.produce(options);
    await pipeline.consume();
    return await audited(pipeline, planting, between);
  },
});

/** Like `inTwoSessions`, but the consumer runs once when half is published, and again when all is. */
export const inTwoVisits: Scenario = {
  name: 'two visits',
  go: async (pipeline, planting) => {
    const sabotage = planting.sabotage && pipeline.sabotage(planting.sabotage);
    await pipeline.produceHalf();
    await pipeline.consume();
    if (planting.endsWith === 'half') return await audited(pipeline, planting, true);
    const between = await changed(pipeline, planting.betweenHalves);
    await pipeline.produce([], sabotage);
    const before = await changed(pipeline, planting.beforeConsuming);
    if (planting.endsWith !== 'unread') await pipeline.consume([], sabotage);
    return await audited(pipeline, planting, between && before);
  },
};

const changed = async (pipeline: LivePipeline, change: Change | undefined): Promise<boolean> =>
  change === undefined || (await change(pipeline));

async function audited(
  pipeline: LivePipeline,
  { sabotage: kind }: Planting,
  haveChanged: boolean,
): Promise<Trial> {
  const hasDone = kind === undefined || pipeline.hasDone(pipeline.sabotage(kind));
  return trial(pipeline, await pipeline.verify(), haveChanged && hasDone);
}

const trial = ({ said }: LivePipeline, result: Trial['result'], cameAbout: boolean): Trial => ({
  cameAbout,
  result,
  said,
});

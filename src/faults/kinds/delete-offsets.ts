import type { Fault } from '../fault.ts';
import { killProcess } from './kill-process.ts';
import { counted } from '../../text/counted.ts';

export const deleteOffsets: Fault = {
  name: 'delete-offsets',
  does: 'kills all consumers, deletes the committed offsets of their group, and starts the consumers again',
  expected: 'the consumers go on from the offsets in the store: nothing is lost, nothing stored twice',
  example: 'delete-offsets@4s',
  lastsMs: undefined,
  ownPart: { part: 'consumer' },
  problem: () => undefined,
  begin: async (pipeline, _, signal) => {
    const victims = pipeline.consumers.filter(({ pid }) => pid !== undefined);
    if (victims.length === 0) throw new Error('no consumer was at work');
    const kills = await Promise.all(victims.map((victim) => killProcess(victim)));
    return {
      target: kills.map(({ target }) => target).join(', '),
      end: async () => {
        const deleting = pipeline.deleteOffsets(signal);
        // The run waits for its consumers, so they are started even if the group could not be deleted.
        await Promise.allSettled([deleting]);
        const effects = await Promise.all(kills.map((each) => each.end(true)));
        const { before, after } = await deleting;
        const offsets = `${counted(before, 'partition')} had committed offsets, and ${after} had any after the group was deleted`;
        return {
          tookEffect: before > 0 && after === 0 && effects.every(({ tookEffect }) => tookEffect),
          evidence: [...effects.flatMap(({ evidence }) => evidence), offsets],
        };
      },
    };
  },
};

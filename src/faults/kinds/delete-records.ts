import type { Fault } from '../fault.ts';

export const deleteRecords: Fault = {
  name: 'delete-records',
  does: 'deletes all records that the topic holds, as retention does',
  expected: 'records that the consumer had not read are reported as expired',
  example: 'delete-records@5s',
  lastsMs: undefined,
  ownPart: { part: 'topic' },
  problem: () => undefined,
  begin: async (pipeline) => {
    const moved = await pipeline.deleteRecords();
    const evidence = moved.map(
      ({ partition, from, to }) => `partition ${partition}: the first offset was ${from} and is ${to}`,
    );
    return { target: 'the topic', end: async () => ({ tookEffect: moved.length > 0, evidence }) };
  },
};

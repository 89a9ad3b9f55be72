import type { Fault } from '../fault.ts';
import { counted, plural, were } from '../../text/counted.ts';

const lastsMs = 3_000;

export const restartStore: Fault = {
  name: 'restart-store',
  does: "ends the consumers' sessions at the database, and refuses new ones, as its restart does",
  expected: 'the consumer waits for the database; rows and offsets move together',
  example: 'restart-store@4s+3s',
  link: 'store',
  ownPart: { part: 'store', instead: 'reset_peer' },
  lastsMs,
  holdsDrain: () => true,
  problem: ({ store }) =>
    store?.server === undefined
      ? `${store?.title} has no server to restart: --store postgres://…`
      : undefined,
  begin: async (pipeline) => {
    const link = pipeline.links.get('store')!;
    const refusal = link.refuse();
    let ended: number;
    try {
      // End the sessions at the server first: it may still commit a transaction whose client is gone.
      ended = await pipeline.endStoreSessions();
    } catch (error) {
      refusal.lift();
      throw error;
    }
    const reset = link.reset();
    return {
      target: link.name,
      end: async (isMended) => {
        const refused = refusal.count();
        if (isMended) refusal.lift();
        return {
          tookEffect: ended + refused > 0,
          evidence: [
            `${counted(ended, 'session')} ${were(ended)} ended at the database, and ${reset} more ${plural(reset, 'connection')} ${were(reset)} reset`,
            `${counted(refused, 'new connection')} ${were(refused)} refused`,
          ],
        };
      },
    };
  },
};

import { lockWaitMs } from '../engine.ts';
import { parsePostgresLocation } from './location.ts';
import { openSession } from './session.ts';

export async function lockPostgres(location: string): Promise<() => Promise<void>> {
  const session = await openSession(parsePostgresLocation(location), 'nodrop-fault');
  try {
    await session.begin([`SET LOCAL lock_timeout TO ${lockWaitMs}`, 'LOCK TABLE offsets IN EXCLUSIVE MODE']);
  } catch (error) {
    session.drop();
    throw error;
  }
  return async () => {
    await session.query('ROLLBACK');
    await session.close();
  };
}

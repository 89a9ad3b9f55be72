/** Checks whether a store belongs to one run alone: another run may use it, and a program may keep tables in it. */
import { messageOf } from '../../errors.ts';
import { foreignObjectsIn, look } from './own-database.ts';

/** SQLite's codes for a file that is not a database or is damaged beyond reading: it holds no other program's data. */
const unreadableCodes = [11, 26];

/** Why the store must not be removed with the run, in a few words; undefined if it holds only this run's data. */
export function whySharedSqlite(path: string, run: string): string | undefined {
  let why: string | undefined;
  try {
    look(path, (database) => {
      const [foreign] = foreignObjectsIn(database);
      if (foreign !== undefined) why = `nodrop did not make the ${foreign} in it`;
      const columns = database.prepare('PRAGMA table_info(offsets)').all() as { name: string }[];
      if (why !== undefined || !columns.some(({ name }) => name === 'run')) return;
      const select = 'SELECT run FROM offsets WHERE run IS NOT NULL AND run <> ? LIMIT 1';
      const other = database.prepare(select).get(run) as { run: string } | undefined;
      if (other !== undefined) why = `run ${other.run} stores into it too`;
    });
  } catch (error) {
    if (unreadableCodes.includes((error as { errcode?: number }).errcode ?? 0)) return undefined;
    return `it cannot be read: ${messageOf(error)}`;
  }
  return why;
}

/** Whether a run's store is its own alone: another run may store into it, and a program may keep tables in it. */
import { messageOf } from '../../errors.ts';
import { foreignObjectsIn, look } from './own-database.ts';

/** What SQLite says of a file that is no database, or that is damaged beyond reading: nobody's data is in it. */
const unreadableCodes = [11, 26];

/** Why it may not be removed with the run, in a few words; undefined where nothing in it is another's. */
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

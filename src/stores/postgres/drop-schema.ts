import { quoted } from '../table-names.ts';
import { parsePostgresLocation } from './location.ts';
import { openSession } from './session.ts';

/** Removes a schema that was made for one run, with all that is in it. To be called where nobody uses it any more. */
export async function dropSchema(location: string): Promise<void> {
  const parsed = parsePostgresLocation(location);
  const session = await openSession(parsed, 'nodrop-clean');
  try {
    await session.query(`DROP SCHEMA IF EXISTS ${quoted(parsed.schema)} CASCADE`);
  } finally {
    await session.close();
  }
}

/** The password of a session, from the sources of PostgreSQL's own tools: PGPASSWORD, then a password file. */
import type { Client } from 'pg';
import fromPasswordFile from 'pgpass';

/** Empty if there is no password: that suffices for a server that asks for none. */
export function passwordFor({ host, port, database = '', user = '' }: Client): Promise<string> {
  const password = process.env['PGPASSWORD'];
  if (password !== undefined) return Promise.resolve(password);
  // The file is PGPASSFILE, or ~/.pgpass. pgpass ignores a file that other users can read.
  return new Promise((resolve) => {
    fromPasswordFile({ host, port, database, user }, (found) => resolve(found ?? ''));
  });
}

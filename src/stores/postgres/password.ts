/** The password of a session, from where PostgreSQL's own tools take it: PGPASSWORD, then a file of passwords. */
import type { Client } from 'pg';
import fromPasswordFile from 'pgpass';

/** What is not told is empty: a server that asks for no password is content with that. */
export function passwordFor({ host, port, database = '', user = '' }: Client): Promise<string> {
  const password = process.env['PGPASSWORD'];
  if (password !== undefined) return Promise.resolve(password);
  // The file is the one that PGPASSFILE names, or ~/.pgpass; one that others can read is not taken.
  return new Promise((resolve) => {
    fromPasswordFile({ host, port, database, user }, (found) => resolve(found ?? ''));
  });
}

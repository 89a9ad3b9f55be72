/** A client for a user's PostgreSQL, with TLS and a password as PostgreSQL's own programs take them. */
import { Client } from 'pg';
import type { PostgresDatabase } from '../../stores/postgres/location.ts';
import { passwordFor } from '../../stores/postgres/password.ts';
import { attemptTls, type MaybeTls } from '../../stores/postgres/tls-attempts.ts';
import { readTls, withoutTls } from '../../stores/postgres/tls.ts';
import { connectionError } from './sink-errors.ts';

const keepAliveDelayMs = 10_000;

/**
 * Has `start` connect a client. It is called again with another one where TLS is a matter of trying. Throws `usage` for TLS
 * settings that cannot be right. `what` is in the errors.
 */
export async function withClient<T>(
  database: PostgresDatabase,
  timeoutMs: number,
  what: 'sink' | 'source',
  start: (client: Client) => Promise<T>,
): Promise<T> {
  const tls = readTls(database.url.searchParams);
  const attempt = async (options: MaybeTls): Promise<T> =>
    await start(newClient(database, timeoutMs, what, options));
  // As for PostgreSQL's own programs, a socket of the operating system needs no TLS.
  return 'path' in database.address ? await attempt(false) : await attemptTls(tls, attempt);
}

function newClient(
  database: PostgresDatabase,
  timeoutMs: number,
  what: 'sink' | 'source',
  tls: MaybeTls,
): Client {
  const url = new URL(database.url);
  const holdsPassword = url.password !== '' || Boolean(url.searchParams.get('password'));
  withoutTls(url.searchParams);
  url.searchParams.delete('schema');
  let client: Client;
  try {
    client = new Client({
      connectionString: url.href,
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveDelayMs,
      fallback_application_name: 'nodrop',
      ssl: tls,
      sslnegotiation: 'postgres',
    });
  } catch (error) {
    throw connectionError(database.name, error, what);
  }
  // As an option next to the connection string, it would have no effect.
  if (!holdsPassword) Object.assign(client, { password: () => passwordFor(client) });
  return client;
}

/** A connection to a user's MySQL or MariaDB, with TLS as MySQL's own programs take it. */
import { createConnection, type Connection } from 'mysql2';
import type { MysqlLocation } from './mysql-location.ts';

/** Has `start` wait for a connection. It is called again with another one if the server has no TLS and need not have it. */
export async function withConnection<T>(
  location: MysqlLocation,
  timeoutMs: number,
  start: (connection: Connection) => Promise<T>,
): Promise<T> {
  try {
    return await start(newConnection(location, timeoutMs, location.sslMode !== 'DISABLED'));
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    if (location.sslMode !== 'PREFERRED' || code !== 'HANDSHAKE_NO_SSL_SUPPORT') throw error;
    return await start(newConnection(location, timeoutMs, false));
  }
}

function newConnection(location: MysqlLocation, timeoutMs: number, encrypts: boolean): Connection {
  const { host, port, socketPath, user, password, database, ssl } = location;
  return createConnection({
    host,
    port,
    ...(socketPath !== undefined && { socketPath }),
    user,
    password,
    ...(database !== undefined && { database }),
    ...(encrypts && { ssl: { ...ssl } }),
    charset: 'UTF8MB4_GENERAL_CI',
    connectTimeout: timeoutMs,
    // The server may not ask for a file of this machine.
    flags: ['-LOCAL_FILES'],
  });
}

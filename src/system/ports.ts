/** Free TCP ports of the loopback interface. Another process may take a port before its use: callers try again. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

export const loopback = '127.0.0.1';

async function listen(port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, loopback);
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<number> {
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** All ports are held at the same time before they are released, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  return Promise.all(servers.map(close));
}

export async function portIsFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port));
    return true;
  } catch (error) {
    if (!['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

/**
 * A TCP proxy that can misbehave, on the loopback interface unless another address is given. Without a toxic it passes all data on. A client is affected
 * only if it knows the proxy's address and no other.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { loopback } from '../../system/ports.ts';
import type { Piece, Toxic } from './toxics.ts';

/** `up`: from the client to the server. `down`: the answers. */
export type Direction = 'up' | 'down';

/** The address at which the server listens. */
export type Target = { host: string; port: number } | { path: string };

/** The limit for each connection and direction. If more data is held back, the sender has to wait. */
const queuedBytesMax = 1024 * 1024;

export interface Refusal {
  /** How many connections were refused. */
  count(): number;
  lift(): void;
}

interface Added {
  toxic: Toxic;
  direction: Direction;
  gone: AbortController;
}

export class TcpProxy {
  readonly #server: Server;
  readonly #target: Target;
  readonly #connections = new Set<{ client: Socket; server: Socket }>();
  readonly #toxics = new Set<Added>();
  readonly #refusals = new Set<{ refused: number }>();
  #isOpen = true;

  constructor(server: Server, target: Target) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Returns a function that removes the toxic. */
  add(toxic: Toxic, direction: Direction): () => void {
    const added: Added = { toxic, direction, gone: new AbortController() };
    this.#toxics.add(added);
    return () => {
      this.#toxics.delete(added);
      added.gone.abort();
    };
  }

  /** Ends all connections with a reset, like a router that lost its state; returns how many. */
  reset(): number {
    const count = this.#connections.size;
    for (const { client, server } of this.#connections) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    return count;
  }

  /**
   * Resets each new connection at once, until the refusal is lifted. The port stays open, so that refused connections
   * can be counted; a client gets a reset where a real outage would show a closed port.
   */
  refuse(): Refusal {
    const refusal = { refused: 0 };
    this.#refusals.add(refusal);
    return { count: () => refusal.refused, lift: () => void this.#refusals.delete(refusal) };
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { client, server } of this.#connections) {
      client.destroy();
      server.destroy();
    }
    await closed;
  }

  #accept(client: Socket): void {
    if (this.#refusals.size > 0) {
      for (const refusal of this.#refusals) refusal.refused += 1;
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, allowHalfOpen: true });
    server.setNoDelay(true);
    client.setNoDelay(true);
    const connection = { client, server };
    this.#connections.add(connection);
    const over = new AbortController();
    for (const [socket, other, direction] of [
      [client, server, 'up'],
      [server, client, 'down'],
    ] as const) {
      // An error is followed by the close.
      socket.on('error', () => undefined);
      socket.on('close', (isFailed) => {
        // If this side ended in order, the other side still gets its pending data.
        if (isFailed) void this.#tellEnd(direction, over.signal).then(() => other.resetAndDestroy());
        if (!other.closed) return;
        over.abort();
        this.#connections.delete(connection);
      });
    }
    void this.#pass(client, server, 'up', over.signal);
    void this.#pass(server, client, 'down', over.signal);
  }

  /** Passes data on, piece by piece, until one side ends its stream or is gone. */
  async #pass(from: Socket, to: Socket, direction: Direction, over: AbortSignal): Promise<void> {
    const queue: Piece[] = [];
    let queuedBytes = 0;
    let isEnded = false;
    let wake: () => void = () => undefined;
    from.on('data', (bytes: Buffer) => {
      queue.push({ bytes, arrivedAtMs: performance.now() });
      queuedBytes += bytes.length;
      if (queuedBytes > queuedBytesMax) from.pause();
      wake();
    });
    from.on('end', () => {
      isEnded = true;
      wake();
    });
    over.addEventListener('abort', () => wake(), { once: true });
    while (!over.aborted) {
      const piece = queue.shift();
      if (piece === undefined && isEnded) break;
      if (piece === undefined) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      await this.#throughToxics(direction, over, (toxic, gone) => toxic.pass(piece, gone));
      if (over.aborted) return;
      queuedBytes -= piece.bytes.length;
      if (queuedBytes <= queuedBytesMax) from.resume();
      if (!to.write(piece.bytes)) await untilWritable(to, over);
    }
    if (over.aborted) return;
    await this.#tellEnd(direction, over);
    to.end();
  }

  /** Settles when the other side may learn of the stream's end. */
  async #tellEnd(direction: Direction, over: AbortSignal): Promise<void> {
    await this.#throughToxics(direction, over, async (toxic, gone) => await toxic.passEnd?.(gone));
  }

  async #throughToxics(
    direction: Direction,
    over: AbortSignal,
    action: (toxic: Toxic, gone: AbortSignal) => Promise<void>,
  ): Promise<void> {
    for (const added of this.#toxics) {
      if (added.direction !== direction) continue;
      await action(added.toxic, AbortSignal.any([added.gone.signal, over]));
    }
  }
}

const untilWritable = (socket: Socket, over: AbortSignal): Promise<unknown> =>
  once(socket, 'drain', { signal: over }).catch(() => undefined);

/** Opens a proxy on a free port. `host`: the address at which it listens. */
export async function openTcpProxy(target: Target, host: string = loopback): Promise<TcpProxy> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, host);
  await once(server, 'listening');
  return new TcpProxy(server, target);
}

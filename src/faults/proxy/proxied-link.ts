/** A link of a pipeline whose connections pass through proxies, one in front of each part that it leads to. */
import { loopback } from '../../system/ports.ts';
import type { NetworkLink } from '../fault.ts';
import { openTcpProxy, type Direction, type Refusal, type Target, type TcpProxy } from './tcp-proxy.ts';
import type { Toxic } from './toxics.ts';

export class ProxiedLink implements NetworkLink {
  readonly name: string;
  readonly #host: string;
  /** By what they stand in front of: a broker's node id, or a name. */
  readonly #proxies = new Map<string, TcpProxy>();

  /** `host`: the address at which its proxies listen. */
  constructor(name: string, host: string = loopback) {
    this.name = name;
    this.#host = host;
  }

  /** Separated by commas. */
  get addresses(): string {
    return [...this.#proxies.values()].map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** Puts a proxy in front of a part, in the place of an earlier one. Returns its port. */
  async put(part: string, target: Target): Promise<number> {
    await this.#proxies.get(part)?.close();
    const proxy = await openTcpProxy(target, this.#host);
    this.#proxies.set(part, proxy);
    return proxy.port;
  }

  add(toxic: Toxic, direction: Direction): () => void {
    const removals = [...this.#proxies.values()].map((proxy) => proxy.add(toxic, direction));
    return () => removals.forEach((remove) => remove());
  }

  reset(): number {
    return [...this.#proxies.values()].reduce((sum, proxy) => sum + proxy.reset(), 0);
  }

  refuse(): Refusal {
    const refusals = [...this.#proxies.values()].map((proxy) => proxy.refuse());
    return {
      count: () => refusals.reduce((sum, refusal) => sum + refusal.count(), 0),
      lift: () => refusals.forEach((refusal) => refusal.lift()),
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
  }
}

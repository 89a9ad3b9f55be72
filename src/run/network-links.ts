/** The proxies of a run whose faults break its network: for each broken link, one before each broker or database. */
import { linkNames, linkOf, type LinkName } from '../faults/kinds/network.ts';
import type { ScheduledFault } from '../faults/fault-schedule.ts';
import type { NetworkLink } from '../faults/fault.ts';
import {
  openTcpProxy,
  type Direction,
  type Refusal,
  type Target,
  type TcpProxy,
} from '../faults/proxy/tcp-proxy.ts';
import type { Toxic } from '../faults/proxy/toxics.ts';
import type { ProxiedListener } from '../kafka/broker/start-kafka.ts';
import { engineOf } from '../stores/engines.ts';

const sentenceNames: Record<LinkName, string> = {
  producer: 'producers and brokers',
  consumer: 'consumers and brokers',
  replication: 'brokers among themselves',
  store: 'consumers and the database',
};

class Link implements NetworkLink {
  readonly name: string;
  /** By node id; a database is node 0. */
  readonly #proxies = new Map<number, TcpProxy>();

  constructor(name: string) {
    this.name = name;
  }

  /** Separated by commas. */
  get addresses(): string {
    return [...this.#proxies.values()].map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  async put(node: number, target: Target): Promise<number> {
    await this.#proxies.get(node)?.close();
    const proxy = await openTcpProxy(target);
    this.#proxies.set(node, proxy);
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

export class NetworkLinks {
  readonly links: ReadonlyMap<string, NetworkLink>;
  readonly #links: ReadonlyMap<string, Link>;

  constructor(schedule: readonly ScheduledFault[]) {
    const broken = new Set(
      schedule.flatMap(({ fault, detail = '' }) => {
        const broken = fault.link ?? linkOf(detail);
        return linkNames.filter((name) => name === broken);
      }),
    );
    this.#links = new Map([...broken].map((name) => [name, new Link(sentenceNames[name])]));
    this.links = this.#links;
  }

  /** The additional listeners that brokers need for the proxies. */
  get listeners(): ProxiedListener[] {
    return [...this.#links].flatMap(([name, link]) =>
      name === 'store'
        ? []
        : [
            {
              name: name.toUpperCase(),
              isInterBroker: name === 'replication',
              proxy: (nodeId, port) => link.put(nodeId, { host: '127.0.0.1', port }),
            },
          ],
    );
  }

  /** The proxies' addresses for this role; undefined if it connects to the brokers directly. */
  bootstrapServers(name: 'producer' | 'consumer'): string | undefined {
    return this.#links.get(name)?.addresses;
  }

  /** Environment variables that lead consumers to their database through a proxy; empty without one. */
  async storeVariables(store: string): Promise<Record<string, string>> {
    const link = this.#links.get('store');
    if (link === undefined) return {};
    const server = engineOf(store).server!;
    return server.throughProxy(await link.put(0, server.addressOf(store)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }
}

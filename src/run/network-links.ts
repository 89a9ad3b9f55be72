/** The proxies of a run whose faults break its network: for each broken link, one before each broker or database. */
import { linkNames, linkOf, type LinkName } from '../faults/kinds/network.ts';
import type { ScheduledFault } from '../faults/fault-schedule.ts';
import type { NetworkLink } from '../faults/fault.ts';
import { ProxiedLink } from '../faults/proxy/proxied-link.ts';
import type { ProxiedListener } from '../kafka/broker/start-kafka.ts';
import { engineOf } from '../stores/engines.ts';

const sentenceNames: Record<LinkName, string> = {
  producer: 'producers and brokers',
  consumer: 'consumers and brokers',
  replication: 'brokers among themselves',
  store: 'consumers and the database',
};

export class NetworkLinks {
  readonly links: ReadonlyMap<string, NetworkLink>;
  readonly #links: ReadonlyMap<string, ProxiedLink>;

  constructor(schedule: readonly ScheduledFault[]) {
    const broken = new Set(
      schedule.flatMap(({ fault, detail = '' }) => {
        const broken = fault.link ?? linkOf(detail);
        return linkNames.filter((name) => name === broken);
      }),
    );
    this.#links = new Map([...broken].map((name) => [name, new ProxiedLink(sentenceNames[name])]));
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
              proxy: (nodeId, port) => link.put(String(nodeId), { host: '127.0.0.1', port }),
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
    return server.throughProxy(await link.put('store', server.addressOf(store)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }
}

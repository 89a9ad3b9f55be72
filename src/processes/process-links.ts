/**
 * The network of a user's processes: for each process that a fault cuts off, proxies in front of the brokers and of the
 * addresses that it gets; and listeners that are advertised for containers.
 */
import type { NetworkLink } from '../faults/fault.ts';
import type { ScheduledFault } from '../faults/fault-schedule.ts';
import { linkNameIn } from '../faults/kinds/network.ts';
import { ProxiedLink } from '../faults/proxy/proxied-link.ts';
import { boundHost } from '../kafka/broker/broker-settings.ts';
import type { ProxiedListener } from '../kafka/broker/start-kafka.ts';
import { loopback } from '../system/ports.ts';
import { endOf, isNetworkAddress, movedTo } from './process-environment.ts';

const replication = 'replication';
/** The name of a listener, which no process has. */
const containers = ':containers';
const bothBrokers = 'brokers among themselves';

export class ProcessLinks {
  readonly #links = new Map<string, ProxiedLink>();
  readonly #host: string | undefined;
  /** The brokers' ports, by link and node id: those of proxies, and those for containers. */
  readonly #ports = new Map<string, Map<number, number>>();

  /** `processes`: the names in the config. */
  constructor(
    processes: readonly string[],
    schedule: readonly ScheduledFault[],
    { advertise }: { advertise?: string | undefined } = {},
  ) {
    this.#host = advertise;
    for (const { fault, detail } of schedule) {
      // Faults of the network are those that may also break nodrop's own links.
      if (fault.takesProcess === undefined || fault.details === undefined || detail === undefined) continue;
      const name = linkNameIn(detail, [...processes, replication]);
      if (name === undefined || this.#links.has(name)) continue;
      const isOfProcess = processes.includes(name);
      const link = isOfProcess ? new ProxiedLink(`${name} and its network`, boundHost(advertise)) : undefined;
      this.#links.set(name, link ?? new ProxiedLink(bothBrokers));
    }
  }

  /** By the name of the process; `replication`: the brokers among themselves. */
  get links(): ReadonlyMap<string, NetworkLink> {
    return this.#links;
  }

  /** The additional listeners that the brokers need. */
  listeners(): ProxiedListener[] {
    const proxied = [...this.#links].map(([name, link], index): ProxiedListener => {
      const isInterBroker = name === replication && link.name === bothBrokers;
      const host = isInterBroker ? undefined : this.#host;
      return {
        name: isInterBroker ? 'REPLICATION' : `PROCESS${index}`,
        isInterBroker,
        advertisedHost: host,
        proxy: async (nodeId, port) => {
          const proxyPort = await link.put(`broker ${nodeId}`, { host: boundHost(host), port });
          return this.#note(name, nodeId, proxyPort);
        },
      };
    });
    if (this.#host === undefined) return proxied;
    const forContainers: ProxiedListener = {
      name: 'CONTAINERS',
      isInterBroker: false,
      advertisedHost: this.#host,
      proxy: async (nodeId, port) => this.#note(containers, nodeId, port),
    };
    return [...proxied, forContainers];
  }

  /** The brokers' address for the processes of a name, once the brokers have started. `direct`: that without proxies. */
  bootstrapServersOf(name: string, direct: string): string {
    const ports = this.#ports.get(name) ?? this.#ports.get(containers);
    if (ports === undefined) return direct;
    return [...ports.values()].map((port) => `${this.#host ?? loopback}:${port}`).join(',');
  }

  /** Puts proxies in front of the addresses that a process gets, by their names. Returns what it gets in their place. */
  async addressesFor(
    process: string,
    addresses: ReadonlyMap<string, string>,
    where: string,
  ): Promise<ReadonlyMap<string, string>> {
    const link = this.#links.get(process);
    if (link === undefined) return addresses;
    const moved = [...addresses].map(async ([name, address]) => {
      if (!isNetworkAddress(address)) return [name, address] as const;
      const { hostname: host, port } = endOf(address, `${where}: the address of ${name}`);
      const proxyPort = await link.put(`address ${name}`, { host, port });
      return [name, movedTo(address, this.#host ?? loopback, proxyPort)] as const;
    });
    return new Map(await Promise.all(moved));
  }

  #note(link: string, nodeId: number, port: number): number {
    this.#ports.set(link, (this.#ports.get(link) ?? new Map<number, number>()).set(nodeId, port));
    return port;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
  }
}

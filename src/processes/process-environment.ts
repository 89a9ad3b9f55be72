/** The environment of a user's process: what nodrop tells it, and the variables of its config with their placeholders. */
import type { ProcessConfig } from '../config/config.ts';
import { resolveEnv } from '../config/resolve-paths.ts';
import { usageError } from '../errors.ts';

export interface EnvironmentFacts {
  bootstrapServers: string;
  run: string;
  index: number;
  count: number;
  /** The address of a destination or a source by its name, as this process is to use it; undefined if there is none. */
  urlOf(name: string): string | undefined;
}

const fromEnvironment = 'env:';
/** Any other braces, such as those of JSON, stay as they are. */
const placeholder = /\{(bootstrapServers|run|index|count|(?:url|host|port):[^{}]+)\}/g;

/** `where`: for errors, such as `processes.worker`. Throws `usage`. */
export function environmentOf(
  { env = {} }: ProcessConfig,
  facts: EnvironmentFacts,
  where: string,
): Record<string, string> {
  const { bootstrapServers, run, index, count } = facts;
  const own = Object.entries(env).map(([name, text]) => {
    const at = `${where}.env.${name}`;
    // The text of a variable, which may be a secret, is taken as it is.
    const isTaken = text.startsWith(fromEnvironment);
    return [name, isTaken ? resolveEnv(text) : filled(text, facts, at)] as const;
  });
  return {
    KAFKA_BOOTSTRAP_SERVERS: bootstrapServers,
    NODROP_RUN: run,
    NODROP_WORKER_INDEX: String(index),
    NODROP_WORKER_COUNT: String(count),
    ...Object.fromEntries(own),
  };
}

/** The names of destinations and sources whose addresses the process gets. */
export const urlNamesIn = ({ env = {} }: ProcessConfig): string[] => [
  ...new Set(
    Object.values(env).flatMap((text) =>
      [...text.matchAll(placeholder)].flatMap(([, what = '']) =>
        /^(url|host|port):/.test(what) ? [what.slice(what.indexOf(':') + 1)] : [],
      ),
    ),
  ),
];

function filled(text: string, facts: EnvironmentFacts, at: string): string {
  return text.replaceAll(placeholder, (_, what: string) => {
    const [kind = '', ...rest] = what.split(':');
    if (rest.length === 0) return String(facts[kind as 'bootstrapServers' | 'run' | 'index' | 'count']);
    const name = rest.join(':');
    const address = facts.urlOf(name);
    if (address === undefined) {
      throw usageError(
        `${at} has {${what}}, and no source, hop or sink with an address has the name ${name}.`,
      );
    }
    if (kind === 'url') return address;
    const { hostname, port } = endOf(address, `${at}: {${what}}`);
    return kind === 'host' ? hostname : String(port);
  });
}

const standardPorts: Readonly<Record<string, number>> = {
  'postgres:': 5432,
  'postgresql:': 5432,
  'mysql:': 3306,
  'mariadb:': 3306,
  'http:': 80,
  'https:': 443,
};

/** Host and port of an address. Throws `usage` if it has none, such as that of a file. */
export function endOf(address: string, at: string): { hostname: string; port: number } {
  const url = URL.parse(address);
  const standard = standardPorts[url?.protocol ?? ''];
  // The address may hold a password, so it is not repeated.
  if (url === null || standard === undefined || url.hostname === '')
    throw usageError(`${at} needs an address with one host, such as postgres://HOST:PORT/DATABASE.`);
  // An address of IPv6 stands in brackets in a URL.
  return { hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) || standard };
}

/** Whether a process reaches what has this address through the network. */
export const isNetworkAddress = (address: string): boolean =>
  Object.hasOwn(standardPorts, URL.parse(address)?.protocol ?? '');

/** The same address at another host and port. */
export function movedTo(address: string, hostname: string, port: number): string {
  const url = new URL(address);
  url.hostname = hostname;
  url.port = String(port);
  return url.href;
}

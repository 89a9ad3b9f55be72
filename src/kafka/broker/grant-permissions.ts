/**
 * Gives the client of a secured cluster its password and its permissions, once the brokers serve. The super user does
 * that over the network: the arguments of Kafka's own command to format a data folder would show the password.
 */
import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import {
  AclOperations,
  AclPermissionTypes,
  alterUserScramCredentialsV0,
  ResourcePatternTypes,
  ResourceTypes,
  type Acl,
} from '@platformatic/kafka';

import { unavailableError } from '../../errors.ts';
import { Deadline } from '../../system/deadline.ts';
import { openCluster } from '../client/cluster.ts';
import { withErrorCodes } from '../client/kafka-errors.ts';
import { withAdmin, type AdminAccess } from '../client/topics.ts';
import { userNames } from './secured-settings.ts';
import type { Security } from './security.ts';

/** Topics, groups and transactional ids that begin like this belong to nodrop. */
export const ownPrefix = 'nodrop-';

/** The permissions that a run needs, by the type of what they are for. */
const needed = {
  TOPIC: ['CREATE', 'WRITE', 'READ', 'DESCRIBE', 'DELETE', 'DESCRIBE_CONFIGS'],
  GROUP: ['READ', 'DESCRIBE', 'DELETE'],
  TRANSACTIONAL_ID: ['WRITE', 'DESCRIBE'],
} as const satisfies Partial<Record<keyof typeof ResourceTypes, (keyof typeof AclOperations)[]>>;

const clusterName = 'kafka-cluster';
const clientId = 'nodrop-permissions';
const pollMs = 20;
/** What a broker requires at least. */
const iterations = 4096;
const scramSha512 = { mechanism: 2, keyBytes: 64, digest: 'sha512' } as const;

/**
 * `addresses`: of all brokers, for the super user. `names`: of further topics and groups that the client may use.
 * Throws `unavailable` if a broker does not know the permissions in time.
 */
export async function grantPermissions(
  security: Security,
  addresses: readonly string[],
  names: readonly string[],
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<void> {
  const { authority: ca, admin } = security;
  const access: AdminAccess = {
    bootstrapServers: addresses.join(','),
    client: { tls: { ca, ...admin } },
    timeoutMs,
    signal,
  };
  // Each broker learns of changes in their order: one that knows the permissions knows the passwords, too.
  if (security.kind === 'sasl-scram') await setPasswords(security, access);
  const creations = permissionsFor(principalOf(security), names);
  await withAdmin(access, (admin) => admin.createAcls({ creations }));
  const deadline = new Deadline(timeoutMs, signal);
  await Promise.all(
    addresses.map((address) => untilKnown({ ...access, bootstrapServers: address }, creations, deadline)),
  );
}

/** Kafka's name for a client without a certificate and without a password is ANONYMOUS. */
const principalOf = ({ kind }: Security): string => `User:${kind === 'ssl' ? 'ANONYMOUS' : userNames.client}`;

function permissionsFor(principal: string, names: readonly string[]): Acl[] {
  const allow = (resourceType: keyof typeof ResourceTypes, operation: keyof typeof AclOperations) => ({
    principal,
    host: '*',
    operation: AclOperations[operation],
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: ResourceTypes[resourceType],
  });
  const patterns = [
    { resourceName: ownPrefix, resourcePatternType: ResourcePatternTypes.PREFIXED },
    ...names.map((resourceName) => ({ resourceName, resourcePatternType: ResourcePatternTypes.LITERAL })),
  ];
  const types = Object.entries(needed) as [keyof typeof needed, readonly (keyof typeof AclOperations)[]][];
  return [
    ...types.flatMap(([type, operations]) =>
      operations.flatMap((operation) =>
        patterns.map((pattern) => ({ ...allow(type, operation), ...pattern })),
      ),
    ),
    // For faults that look for the active controller.
    {
      ...allow('CLUSTER', 'DESCRIBE'),
      resourceName: clusterName,
      resourcePatternType: ResourcePatternTypes.LITERAL,
    },
  ];
}

async function setPasswords({ passwords }: Security, access: AdminAccess): Promise<void> {
  const { mechanism, keyBytes, digest } = scramSha512;
  const upsertions = await Promise.all(
    (['client', 'admin'] as const).map(async (user) => {
      const salt = randomBytes(32);
      const saltedPassword = await promisify(pbkdf2)(passwords[user], salt, iterations, keyBytes, digest);
      return { name: userNames[user], mechanism, iterations, salt, saltedPassword };
    }),
  );
  await using cluster = await openCluster({ ...access, clientId });
  await cluster.retry(cluster.deadline(), async () => {
    const connection = await cluster.anyConnection();
    await withErrorCodes(alterUserScramCredentialsV0.api.async(connection, [], upsertions));
  });
}

async function untilKnown(access: AdminAccess, wanted: readonly Acl[], deadline: Deadline): Promise<void> {
  const filter = {
    resourceType: ResourceTypes.ANY,
    resourceName: null,
    resourcePatternType: ResourcePatternTypes.ANY,
    principal: wanted[0]!.principal,
    host: null,
    operation: AclOperations.ANY,
    permissionType: AclPermissionTypes.ANY,
  };
  const isKnown = await withAdmin(access, (admin) =>
    deadline.poll(async () => {
      const resources = await admin.describeAcls({ filter });
      const known = resources.flatMap((resource) =>
        resource.acls.map((acl) => textOf({ ...resource, ...acl })),
      );
      return wanted.every((acl) => known.includes(textOf(acl)));
    }, pollMs),
  );
  if (isKnown !== true) {
    throw unavailableError(
      `The broker at ${access.bootstrapServers} does not know its permissions after ${deadline.timeoutMs} ms.`,
    );
  }
}

const textOf = ({ resourceType, resourceName, resourcePatternType, operation }: Acl): string =>
  [resourceType, resourcePatternType, resourceName, operation].join(' ');

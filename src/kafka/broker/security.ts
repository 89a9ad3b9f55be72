/** Makes the files of a secured cluster, new at each start: certificates, passwords, and the settings of clients. */
import { randomBytes } from 'node:crypto';

import { makeFolder } from '../../system/make-folder.ts';
import { writeWhole } from '../../system/write-whole.ts';
import { adminPropertiesIn, clientPropertiesIn, securityFolderOf } from './broker-folders.ts';
import { newAuthority, type Authority, type Identity } from './certificates.ts';
import { propertiesText } from './properties-text.ts';
import {
  authorityFile,
  clientProperties,
  hasIdentity,
  identityFile,
  passwordsFile,
  passwordsKey,
  plainUsers,
  userNames,
  type ClientUser,
  type SecuredCluster,
} from './secured-settings.ts';
import type { SecurityKind } from './security-kind.ts';
import { openTokenEndpoint } from './token-endpoint.ts';

export interface Security extends SecuredCluster {
  /** The certificate that all others are signed with, in PEM. */
  authority: string;
  /** For the super user, at the listener that the brokers use among themselves. */
  admin: Identity;
  passwords: Readonly<Record<ClientUser, string>>;
  /** Ends what the cluster needs beside its brokers. */
  close(): Promise<void>;
}

/** `dir`: the folder of a cluster, which no broker uses yet. */
export async function makeSecurity(dir: string, kind: SecurityKind): Promise<Security> {
  const authority = newAuthority();
  const folder = securityFolderOf(dir);
  const admin = authority.issue(userNames.admin);
  const passwords = { client: newPassword(), admin: newPassword() };
  const tokens =
    kind === 'sasl-oauthbearer'
      ? await openTokenEndpoint({
          [userNames.client]: passwords.client,
          [userNames.admin]: passwords.admin,
        })
      : undefined;
  const security: Security = {
    kind,
    folder,
    tokenUrl: tokens?.url,
    authority: authority.certificate,
    admin,
    passwords,
    close: async () => await tokens?.[Symbol.asyncDispose](),
  };
  try {
    writeFiles(dir, authority, security);
    return security;
  } catch (error) {
    await security.close();
    throw error;
  }
}

function writeFiles(dir: string, authority: Authority, security: Security): void {
  const { kind, folder, admin, passwords } = security;
  makeFolder(folder);
  writeWhole(authorityFile(folder), authority.certificate);
  writeWhole(identityFile(folder, 'broker'), pemOf(authority.issue(userNames.broker)));
  if (hasIdentity(kind, 'admin')) writeWhole(identityFile(folder, 'admin'), pemOf(admin));
  if (hasIdentity(kind, 'client'))
    writeWhole(identityFile(folder, 'client'), pemOf(authority.issue(userNames.client)));
  if (kind === 'sasl-plain')
    writeWhole(passwordsFile(folder), propertiesText({ [passwordsKey]: plainUsers(passwords) }));
  const settingsFor = (user: ClientUser): string =>
    propertiesText(clientProperties(security, user, passwords[user]));
  writeWhole(clientPropertiesIn(dir), settingsFor('client'));
  writeWhole(adminPropertiesIn(dir), settingsFor('admin'));
}

const newPassword = (): string => randomBytes(24).toString('base64url');
const pemOf = ({ key, cert }: Identity): string => key + cert;

/** Makes the files of a secured cluster anew at each start: certificates, passwords, and the settings of clients. */
import { randomBytes } from 'node:crypto';

import { makeFolder } from '../../system/make-folder.ts';
import { writeWhole } from '../../system/write-whole.ts';
import { adminPropertiesIn, clientPropertiesIn, securityFolderOf } from './broker-folders.ts';
import { newAuthority, type Identity } from './certificates.ts';
import { propertiesText } from './properties-text.ts';
import {
  authorityFile,
  clientProperties,
  hasIdentity,
  identityFile,
  passwordsFile,
  passwordsKey,
  plainUsers,
  type ClientUser,
  userNames,
  type SecuredCluster,
} from './secured-settings.ts';
import type { SecurityKind } from './security-kind.ts';

export interface Security extends SecuredCluster {
  /** The certificate that all others are signed with, in PEM. */
  authority: string;
  /** For the super user, at the listener that the brokers use among themselves. */
  admin: Identity;
  passwords: Readonly<Record<ClientUser, string>>;
}

/** `dir`: the folder of a cluster, which no broker uses yet. */
export function makeSecurity(dir: string, kind: SecurityKind): Security {
  const authority = newAuthority();
  const folder = securityFolderOf(dir);
  const admin = authority.issue(userNames.admin);
  const passwords = { client: newPassword(), admin: newPassword() };
  const security: Security = { kind, folder, authority: authority.certificate, admin, passwords };
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
  return security;
}

const newPassword = (): string => randomBytes(24).toString('base64url');
const pemOf = ({ key, cert }: Identity): string => key + cert;

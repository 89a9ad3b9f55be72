import { readFileSync } from 'node:fs';
import { messageOf, usageError } from '../../errors.ts';
import type { OptionValues } from './options.ts';

/** If a file holds the store's password, passes it to the database client and to child processes: in PGPASSWORD. */
export function exportStorePassword({ storePasswordFile: path }: OptionValues): void {
  if (path === undefined) return;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw usageError(`--store-password-file ${path} cannot be read: ${messageOf(error)}`);
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '' || /[\r\n\0]/.test(password)) {
    throw usageError(`--store-password-file ${path} must hold one line: the password.`);
  }
  process.env['PGPASSWORD'] = password;
}

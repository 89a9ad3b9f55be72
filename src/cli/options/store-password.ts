import { readFileSync } from 'node:fs';
import { messageOf, usageError } from '../../errors.ts';
import type { OptionValues } from './options.ts';

/** Puts the password of the store, if a file holds it, where the database's client and our children look. */
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

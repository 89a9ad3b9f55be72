import { unprintable } from './printable.ts';

/** JSON that a terminal does not obey: what it might stands in it as an escape, which means the same to a reader. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

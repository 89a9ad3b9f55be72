import { unprintable } from './printable.ts';

/** JSON without terminal control characters: they are written as escapes, which mean the same to a JSON parser. */
export const jsonText = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

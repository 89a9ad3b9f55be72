/** Says what a user's code threw, and where. */
import { fileURLToPath } from 'node:url';
import { relative } from 'node:path';
import { messageOf } from '../errors.ts';

/** The folder of nodrop's own code. */
const own = fileURLToPath(new URL('..', import.meta.url));

/** `TypeError: x is not a function (nodrop.config.ts:12:5)`. */
export function userErrorText(error: unknown): string {
  const name = error instanceof Error ? `${error.name}: ` : '';
  const place = error instanceof Error ? placeOf(error.stack ?? '') : undefined;
  return `${name}${messageOf(error)}${place === undefined ? '' : ` (${place})`}`;
}

/** The place in the user's code from which the error came, as FILE:LINE or FILE:LINE:COLUMN. */
function placeOf(stack: string): string | undefined {
  // An error of syntax begins with the file's path; others have it as an address.
  for (const [, place = '', line] of stack.matchAll(
    /(file:\/\/[^\s()]+?|^\/[^\n]*?):(\d+(?::\d+)?)(?=[\s)]|$)/gm,
  )) {
    const path = place.startsWith('file:') ? fileURLToPath(place) : place;
    if (path.startsWith(own) || path.includes('/node_modules/')) continue;
    const fromHere = relative('', path);
    return `${fromHere.startsWith('..') ? path : fromHere}:${line}`;
  }
  return undefined;
}

import { unavailableError, type OperationalError } from '../errors.ts';

const namedMax = 5;

/** The error for a database with objects that nodrop did not create. `found`: for example `table users`. */
export function foreignStoreError(name: string, found: readonly string[]): OperationalError {
  const more = found.length > namedMax ? ` and ${found.length - namedMax} more` : '';
  return unavailableError(
    `${name} is not a store of nodrop: it holds ${found.slice(0, namedMax).join(', ')}${more}. Nothing was changed.`,
    {
      hint: 'Name an empty place or an existing store: --store sqlite:NEW-FILE, or a database with ?schema=NEW-NAME.',
    },
  );
}

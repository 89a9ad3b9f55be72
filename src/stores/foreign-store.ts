import { unavailableError, type OperationalError } from '../errors.ts';

const namedMax = 5;

/** For a database that holds what nodrop did not make. `found`: such as `table users`. */
export function foreignStoreError(name: string, found: readonly string[]): OperationalError {
  const more = found.length > namedMax ? ` and ${found.length - namedMax} more` : '';
  return unavailableError(
    `${name} is no store of nodrop: it holds ${found.slice(0, namedMax).join(', ')}${more}. Nothing was changed.`,
    {
      hint: 'Name a place that is empty, or a store: --store sqlite:NEW-FILE, or a database with ?schema=NEW-NAME.',
    },
  );
}

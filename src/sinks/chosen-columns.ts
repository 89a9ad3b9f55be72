/** Which columns of a table or query the places ask for, and what becomes of their values. */
import { usageError } from '../errors.ts';
import type { ValuePlace } from '../values/value-place.ts';
import type { ValueKind } from '../values/value-batch.ts';

export interface NamedColumn {
  name: string;
  type: string;
  kind: ValueKind;
  /** Whether each value is a document of JSON. */
  isDocument: boolean;
}

export interface ChosenColumns<Column> {
  /** The columns to select, each of them once. */
  columns: readonly Column[];
  /** For each place: which of these columns it reads, and which names lead from its document to the value. */
  places: readonly { column: number; path: readonly string[] | undefined }[];
  kinds: readonly ValueKind[];
}

const listedMax = 20;

/** Throws `usage` for a place that rows do not have, and for a column that is missing or not unique. */
export function chooseColumns<Column extends NamedColumn>(
  found: readonly Column[],
  places: readonly ValuePlace[],
): ChosenColumns<Column> {
  const columns: Column[] = [];
  const kinds: ValueKind[] = [];
  const chosen = places.map((place) => {
    const { name, path } = partsOf(place);
    const column = columnNamed(found, name, place.text);
    kinds.push(path === undefined ? column.kind : 'json');
    if (!columns.includes(column)) columns.push(column);
    return { column: columns.indexOf(column), path: path ?? (column.isDocument ? [] : undefined) };
  });
  return { columns, places: chosen, kinds };
}

function partsOf(place: ValuePlace): { name: string; path: readonly string[] | undefined } {
  if (place.kind === 'column') return { name: place.name, path: undefined };
  if (place.kind === 'json') return { name: place.path[0]!, path: place.path.slice(1) };
  throw usageError(
    `${place.text} is no place in a row.`,
    'Write column:NAME, or json:COLUMN.PATH for a value within a column of JSON.',
  );
}

/** By the exact name; otherwise by the name in any case, if only one column has it. */
function columnNamed<Column extends NamedColumn>(
  found: readonly Column[],
  name: string,
  place: string,
): Column {
  const exact = found.filter((column) => column.name === name);
  if (exact.length > 1) {
    throw usageError(`${place}: the query returns ${exact.length} columns ${name}.`, 'Rename them with AS.');
  }
  if (exact.length === 1) return exact[0]!;
  const alike = found.filter((column) => column.name.toLowerCase() === name.toLowerCase());
  if (alike.length === 1) return alike[0]!;
  if (alike.length > 1) {
    throw usageError(
      `${place}: several columns have this name: ${alike.map((column) => column.name).join(', ')}.`,
      'Write the name as one of them has it.',
    );
  }
  throw usageError(`${place}: there is no such column.`, `The columns are ${listed(found)}.`);
}

/** The first names of a list. */
export function listed(found: readonly { name: string }[]): string {
  const more = found.length > listedMax ? ` and ${found.length - listedMax} more` : '';
  return `${found
    .slice(0, listedMax)
    .map(({ name }) => name)
    .join(', ')}${more}`;
}

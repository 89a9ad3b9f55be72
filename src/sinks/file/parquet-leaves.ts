/** The columns of a Parquet file: which there are, what kind of values they have, and how to read them as they are stored. */
import type { FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet';
import { usageError } from '../../errors.ts';
import { pathText, type ValuePlace } from '../../values/value-place.ts';
import type { SinkColumn } from '../sink.ts';
import { noSuchColumn } from './file-format.ts';
import { parquetType, type ParquetType } from './parquet-values.ts';

/** A column with values of its own, at the top or within groups. */
export interface Leaf {
  /** The names of the groups around it, and its own. */
  path: readonly string[];
  /** From the root on, without the logical types: so the values come as they are stored, with all their digits. */
  schemaPath: SchemaTree[];
  /** Its number among the leaves, which is that of its column in each row group. */
  index: number;
  /** It, or a group around it, is a list or a map. */
  isRepeated: boolean;
  type: ParquetType;
}

/** Throws if the file is damaged. */
export function leavesOf(metadata: FileMetaData): Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (
    tree: SchemaTree,
    path: readonly string[],
    schemaPath: SchemaTree[],
    isRepeated: boolean,
  ) => {
    for (const child of tree.children) {
      const { element } = child;
      if (typeof element.name !== 'string') throw new Error('a column has no name');
      const inner = [...path, element.name];
      const below = [...schemaPath, { ...child, element: asStored(element) }];
      const repeated = isRepeated || element.repetition_type === 'REPEATED';
      if (child.children.length > 0) visit(child, inner, below, repeated);
      else {
        const index = leaves.length;
        leaves.push({
          path: inner,
          schemaPath: below,
          index,
          isRepeated: repeated,
          type: parquetType(element),
        });
      }
    }
  };
  const root = parquetSchema(metadata);
  visit(root, [], [root], false);
  return leaves;
}

function asStored(element: SchemaElement): SchemaElement {
  const { converted_type: _, logical_type: __, ...stored } = element;
  return stored;
}

export const leafColumns = (leaves: readonly Leaf[]): SinkColumn[] =>
  leaves.flatMap(({ path, isRepeated, type }) =>
    isRepeated || type.kind === undefined ? [] : [{ place: placeOf(path), type: type.name, kind: type.kind }],
  );

const placeOf = (path: readonly string[]): string =>
  path.length === 1 ? `column:${path[0]}` : `json:${pathText(path)}`;

export interface ChosenLeaf {
  leaf: Leaf;
  /** The names from the JSON document in the column to the value; undefined if the place is the column. */
  path: readonly string[] | undefined;
}

/** Throws `usage` if the file does not have the place, or if it is a list, a map or a group. */
export function leafAt(file: string, leaves: readonly Leaf[], place: ValuePlace): ChosenLeaf {
  if (place.kind !== 'column' && place.kind !== 'json') {
    const hint = 'Write column:NAME, or json:COLUMN.PATH for a value within a group or a column of JSON.';
    throw usageError(`${place.text} is no place in a row of Parquet.`, hint);
  }
  const names = place.kind === 'column' ? [place.name] : place.path;
  const leaf = leaves.find(({ path }) => path.every((name, index) => name === names[index]));
  if (leaf !== undefined) {
    if (leaf.isRepeated) throw usageError(`${place.text}: ${leaf.path.join('.')} of ${file} is a list.`);
    if (leaf.type.kind === undefined) {
      throw usageError(
        `${place.text}: ${file} has values of the type ${leaf.type.name} there, which cannot be compared.`,
      );
    }
    const rest = names.slice(leaf.path.length);
    if (rest.length > 0 && !['text', 'json', 'bytes'].includes(leaf.type.kind)) {
      throw usageError(
        `${place.text}: ${leaf.path.join('.')} of ${file} is of the type ${leaf.type.name}, and no JSON.`,
      );
    }
    return { leaf, path: rest.length > 0 || leaf.type.kind === 'json' ? rest : undefined };
  }
  const within = leaves.filter(({ path }) => names.every((name, index) => name === path[index]));
  if (within.length === 0)
    throw noSuchColumn(
      file,
      place,
      leaves.map(({ path }) => path.join('.')),
    );
  const columns = leafColumns(within).map((column) => column.place);
  throw usageError(
    `${place.text}: ${file} has a group, a list or a map there, and no single value.`,
    columns.length === 0 ? undefined : `Write ${columns.slice(0, 20).join(' or ')}.`,
  );
}

/** Values within documents of JSON in a row's columns. Each document is read once for all places in it. */
import { JsonValues } from '../values/json-values.ts';
import type { ValueBatchBuilder } from '../values/value-batch.ts';
import type { ChosenColumns, NamedColumn } from './chosen-columns.ts';

interface Document {
  values: JsonValues;
  /** The row whose document was read last. */
  row: number;
  isJson: boolean;
}

interface Target {
  document: Document;
  /** Which of the document's paths. */
  path: number;
  isWhole: boolean;
}

export class RowDocuments {
  /** By place. */
  readonly #targets: readonly (Target | undefined)[];

  constructor({ columns, places }: ChosenColumns<NamedColumn>) {
    const documents = columns.map((_, column): Document => {
      const paths = places.flatMap((place) =>
        place.column === column && place.path !== undefined ? [place.path] : [],
      );
      return { values: new JsonValues(paths), row: -1, isJson: false };
    });
    const counts = columns.map(() => 0);
    this.#targets = places.map(({ column, path }) =>
      path === undefined
        ? undefined
        : { document: documents[column]!, path: counts[column]!++, isWhole: path.length === 0 },
    );
  }

  /**
   * If the place is within a document, adds its value, and returns true. `row` counts the rows. A text that is no JSON has
   * no values. A column of JSON whose document is nested too deeply to be read gives its text.
   */
  add(
    place: number,
    row: number,
    builder: ValueBatchBuilder,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const target = this.#targets[place];
    if (target === undefined) return false;
    const { document, path, isWhole } = target;
    if (document.row !== row) {
      document.isJson = document.values.read(bytes, start, end);
      document.row = row;
    }
    if (isWhole && !document.isJson) builder.addBytes(bytes, start, end);
    else document.values.add(path, builder);
    return true;
  }
}

import { formOf, type Form } from '../values/normal-form.ts';
import type { ValueKind } from '../values/value-batch.ts';
import type { Forms, RecordColumns, RowColumns } from './bound-places.ts';

/** One form for each value, on all sides. */
export function formsOfPlaces(
  columns: RecordColumns,
  recordKinds: readonly ValueKind[],
  sinks: readonly { columns: RowColumns; kinds: readonly ValueKind[] }[],
): Forms {
  const formAt = (record: number | undefined, rowOf: (columns: RowColumns) => number | undefined): Form => {
    const kinds = sinks.map((sink) => sink.kinds[rowOf(sink.columns) ?? -1] ?? 'json');
    const first = record === undefined ? 'text' : recordKinds[record]!;
    return kinds.reduce<Form>((form, kind) => formOf(form, kind), formOf(first, 'json'));
  };
  const version = formAt(columns.version, (row) => row.version);
  return {
    id: formAt(columns.id, (row) => row.id),
    category: formAt(columns.category, (row) => row.category),
    compared: columns.compared.map((record, index) => formAt(record, (row) => row.compared[index])),
    version: version === 'time' ? 'time' : 'number',
  };
}

/** Which columns of values the places of a plan become, on either side. */
import { usageError } from '../errors.ts';
import type { Form } from '../values/normal-form.ts';
import type { ValuePlace } from '../values/value-place.ts';
import type { Layout, PositionColumns } from './facts/layout.ts';
import { isTopic, type CheckPlan, type SinkPlan } from './plan.ts';

/** The columns of one side. Each is an index into its places. */
interface Columns {
  places: readonly ValuePlace[];
  /** undefined: the position is the id. */
  id: number | undefined;
  category: number | undefined;
  compared: readonly number[];
  version: number | undefined;
}

export interface RecordColumns extends Columns {
  drops: readonly { column: number; value: string }[];
  dropsTombstones: boolean;
  route: number | undefined;
  /** The option of a place, for messages. */
  optionOf: (place: ValuePlace) => string;
}

export interface RowColumns extends Columns {
  position: PositionColumns | undefined;
  presence: number | undefined;
}

/** In which forms values are compared, the same on both sides. */
export interface Forms {
  id: Form;
  category: Form;
  compared: readonly Form[];
  version: Form;
}

/** Throws `usage` if the id of records cannot be where it is said to be. */
export function bindRecords(plan: CheckPlan): RecordColumns {
  const places: ValuePlace[] = [];
  const options = new Map<ValuePlace, string>();
  const add = (place: ValuePlace, option: string): number => {
    options.set(place, option);
    return places.push(place) - 1;
  };
  const { id, category, version, route } = plan;
  if (id.kind === 'columns')
    throw usageError(`--id ${id.text}: a record has no columns.`, 'Write --id position.');
  return {
    places,
    optionOf: (place) => options.get(place)!,
    id: id.kind === 'position' ? undefined : add(id, '--id'),
    category: category && add(category, '--category'),
    compared: plan.comparisons.map(({ record }) => add(record, '--compare')),
    version: version && add(version.record, '--version'),
    drops: plan.drops.map(({ place, value }) => ({ column: add(place, '--drop-when'), value })),
    dropsTombstones: plan.dropsTombstones,
    route: route && add(route, '--route'),
  };
}

/** Throws `usage` if positions and other ids would be compared, or positions of several topics without the topic. */
export function bindRows({ topics, id, comparisons, version, rule }: CheckPlan, sink: SinkPlan): RowColumns {
  const places: ValuePlace[] = [];
  const add = (place: ValuePlace): number => places.push(place) - 1;
  const column = (name: string): number => add({ kind: 'column', name, text: `column:${name}` });
  const isPosition = sink.id.kind === 'columns';
  if (isPosition !== (id.kind === 'position') || sink.id.kind === 'position') {
    throw usageError(
      `--id ${id.text} and --sink-id ${sink.id.text} do not go together.`,
      'Positions are compared with positions: --id position --sink-id columns:PARTITION,OFFSET.',
    );
  }
  if (sink.id.kind === 'columns' && sink.id.topic === undefined && topics.length > 1) {
    throw usageError(
      `--sink-id ${sink.id.text} does not tell of which of the ${topics.length} topics a row is.`,
      'Name the column of the topic, too: columns:TOPIC,PARTITION,OFFSET.',
    );
  }
  return {
    places,
    id: sink.id.kind === 'columns' ? undefined : add(sink.id),
    position:
      sink.id.kind === 'columns'
        ? {
            topic: sink.id.topic === undefined ? undefined : column(sink.id.topic),
            partition: column(sink.id.partition),
            offset: column(sink.id.offset),
          }
        : undefined,
    category: sink.category && add(sink.category),
    compared: comparisons.map(({ row }) => add(row)),
    version: version?.row && add(version.row),
    presence: rule === 'latest' && isTopic(sink.location) ? add(presence) : undefined,
  };
}

/** Whether a record has a value. */
export const presence: ValuePlace = { kind: 'presence', text: 'presence' };

export const recordLayout = (columns: RecordColumns, forms: Forms, sinks: readonly string[]): Layout => ({
  ...commonLayout(columns, forms),
  id: columns.id === undefined ? 'own-position' : { column: columns.id, form: forms.id },
  drops: columns.drops,
  dropsTombstones: columns.dropsTombstones,
  presence: undefined,
  route: columns.route === undefined ? undefined : { column: columns.route, sinks },
});

export const rowLayout = (columns: RowColumns, forms: Forms): Layout => ({
  ...commonLayout(columns, forms),
  id: columns.id === undefined ? columns.position! : { column: columns.id, form: forms.id },
  drops: [],
  dropsTombstones: false,
  presence: columns.presence,
  route: undefined,
});

const commonLayout = (
  { category, compared, version }: Columns,
  forms: Forms,
): Pick<Layout, 'category' | 'compared' | 'version'> => ({
  category: category === undefined ? undefined : { column: category, form: forms.category },
  compared: compared.map((column, index) => ({ column, form: forms.compared[index]! })),
  version: version === undefined ? undefined : { column: version, form: forms.version },
});

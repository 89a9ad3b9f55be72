/** Which columns of values the places of a plan become, on either side. */
import { usageError } from '../errors.ts';
import type { Form } from '../values/normal-form.ts';
import type { ValuePlace } from '../values/value-place.ts';
import type { Layout, PositionColumns } from './facts/layout.ts';
import type { CheckPlan } from './plan.ts';

/** Two columns that are compared: an index into the records' places, and one into the rows'. */
interface Pair {
  record: number;
  row: number;
}

export interface BoundPlaces {
  record: readonly ValuePlace[];
  row: readonly ValuePlace[];
  /** The option of a place, for messages. */
  optionOf: (place: ValuePlace) => string;
  /** undefined: positions are the ids. */
  id: Pair | undefined;
  position: PositionColumns | undefined;
  category: Pair | undefined;
  compared: readonly Pair[];
  version: { record: number; row: number | undefined } | undefined;
  drops: readonly { column: number; value: string }[];
}

/** Throws `usage` if an id of one side is a position, and that of the other is not. */
export function bindPlaces(plan: CheckPlan): BoundPlaces {
  const record: ValuePlace[] = [];
  const row: ValuePlace[] = [];
  const options = new Map<ValuePlace, string>();
  const add = (places: ValuePlace[], place: ValuePlace, option: string): number => {
    options.set(place, option);
    return places.push(place) - 1;
  };
  const ofRecord = (place: ValuePlace, option: string): number => add(record, place, option);
  const ofRow = (place: ValuePlace, option: string): number => add(row, place, option);
  const { id, sinkId, category, sinkCategory, version } = plan;
  let pair: Pair | undefined;
  let position: PositionColumns | undefined;
  if (id.kind === 'position' && sinkId.kind === 'columns') {
    const column = (name: string): number =>
      ofRow({ kind: 'column', name, text: `column:${name}` }, '--sink-id');
    position = {
      topic: sinkId.topic === undefined ? undefined : column(sinkId.topic),
      partition: column(sinkId.partition),
      offset: column(sinkId.offset),
    };
  } else if (
    id.kind === 'position' ||
    id.kind === 'columns' ||
    sinkId.kind === 'columns' ||
    sinkId.kind === 'position'
  ) {
    throw usageError(
      `--id ${id.text} and --sink-id ${sinkId.text} do not go together.`,
      'Positions are compared with positions: --id position --sink-id columns:PARTITION,OFFSET.',
    );
  } else {
    pair = { record: ofRecord(id, '--id'), row: ofRow(sinkId, '--sink-id') };
  }
  return {
    record,
    row,
    optionOf: (place) => options.get(place)!,
    id: pair,
    position,
    category: category &&
      sinkCategory && {
        record: ofRecord(category, '--category'),
        row: ofRow(sinkCategory, '--sink-category'),
      },
    compared: plan.comparisons.map((each) => ({
      record: ofRecord(each.record, '--compare'),
      row: ofRow(each.row, '--compare'),
    })),
    version: version && {
      record: ofRecord(version.record, '--version'),
      row: version.row && ofRow(version.row, '--version'),
    },
    drops: plan.drops.map(({ place, value }) => ({ column: ofRecord(place, '--drop-when'), value })),
  };
}

export interface Forms {
  id: Form;
  compared: readonly Form[];
  version: Form;
}

export const recordLayout = (places: BoundPlaces, forms: Forms): Layout => ({
  id: places.id === undefined ? 'own-position' : { column: places.id.record, form: forms.id },
  category: places.category?.record,
  compared: places.compared.map(({ record }, index) => ({ column: record, form: forms.compared[index]! })),
  version: places.version && { column: places.version.record, form: forms.version },
  drops: places.drops,
});

export const rowLayout = (places: BoundPlaces, forms: Forms): Layout => ({
  id: places.id === undefined ? places.position! : { column: places.id.row, form: forms.id },
  category: places.category?.row,
  compared: places.compared.map(({ row }, index) => ({ column: row, form: forms.compared[index]! })),
  version:
    places.version?.row === undefined ? undefined : { column: places.version.row, form: forms.version },
  drops: [],
});

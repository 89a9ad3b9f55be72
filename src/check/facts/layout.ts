/** Which values of a batch are what: the columns in which readers give the values at the places of one hop. */
import type { Form } from '../../values/normal-form.ts';

export interface Layout {
  /** The columns of the id: one value in a form, or of a position. */
  id: { column: number; form: Form } | PositionColumns | 'own-position';
  /** undefined: there are no categories. */
  category: { column: number; form: Form } | undefined;
  compared: readonly { column: number; form: Form }[];
  /** `time` or `number`. */
  version: { column: number; form: Form } | undefined;
  /** The values that declare a record a drop. */
  drops: readonly { column: number; value: string }[];
  /** Whether a record without a value is a drop. */
  dropsTombstones: boolean;
  /** Is NULL for a row that removes its id, in a sink that is a topic. */
  presence: number | undefined;
  /** The value that says in which sink a record belongs, by the sink's label. */
  route: { column: number; sinks: readonly string[] } | undefined;
}

/** Columns of a row with the position of its record. */
export interface PositionColumns {
  topic: number | undefined;
  partition: number;
  offset: number;
}

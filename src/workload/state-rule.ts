/** Where the state of a message stands, and which category it leads to. */

/** In the payload, unless a header is named. Both are kept in manifests. */
export interface StatePlace {
  /** A path into the JSON of the payload: names with dots between them, elements of arrays by their index. */
  stateField?: string | undefined;
  /** The name of the header whose value is the state. */
  stateHeader?: string | undefined;
}

export interface StateRule extends StatePlace {
  states: readonly string[];
  /** The category of a state that is none of these; without one, such a message is a dead letter. */
  other?: string | undefined;
}

export const statePath = ({ stateField = 'state' }: StatePlace): string[] => stateField.split('.');

export const isArrayIndex = (segment: string): boolean => /^(0|[1-9]\d{0,9})$/.test(segment);

/** What the store has tables for: the states, then `other` if it is none of them. */
export const categoriesOf = ({ states, other }: StateRule): string[] =>
  other === undefined || states.includes(other) ? [...states] : [...states, other];

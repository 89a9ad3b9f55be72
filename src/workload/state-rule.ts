/** Where a message holds its state, and which category the state leads to. */

/** In the payload, unless `stateHeader` names a header. The manifest keeps both fields. */
export interface StatePlace {
  /** A path into the JSON of the payload: names with dots between them, elements of arrays by their index. */
  stateField?: string | undefined;
  /** The name of the header whose value is the state. */
  stateHeader?: string | undefined;
}

export interface StateRule extends StatePlace {
  states: readonly string[];
  /** The category of all other states. If undefined, a message in another state is a dead letter. */
  other?: string | undefined;
  /** Payloads may begin with a schema registry's five bytes, before their JSON. */
  registryFraming?: 'json' | undefined;
}

export const statePath = ({ stateField = 'state' }: StatePlace): string[] => stateField.split('.');

export const isArrayIndex = (segment: string): boolean => /^(0|[1-9]\d{0,9})$/.test(segment);

/** The categories that have a table in the store: the states, then `other` unless it is one of them. */
export const categoriesOf = ({ states, other }: StateRule): string[] =>
  other === undefined || states.includes(other) ? [...states] : [...states, other];

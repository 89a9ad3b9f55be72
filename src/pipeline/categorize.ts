/** The logic of state categorization: from a record's payload to a category, or to a dead letter's reason. */

/** The index of a category, or why there is none. */
export type Placement = number | { reason: string };

const utf8 = new TextDecoder('utf-8', { fatal: true });
const shownMax = 40;

/** Sorts payloads by the `state` of their JSON. It knows the names of the states, and nothing else. */
export function createCategorizer(states: readonly string[]): (payload: Uint8Array | null) => Placement {
  const indexes = new Map(states.map((state, index) => [state, index]));
  return (payload) => {
    if (payload === null) return { reason: 'it has no payload' };
    const message = parse(payload);
    if (message instanceof Error) return { reason: message.message };
    const { state } = message;
    if (typeof state !== 'string') {
      return { reason: state === undefined ? 'it carries no state' : 'its state is not a string' };
    }
    return indexes.get(state) ?? { reason: `its state '${shown(state)}' is none of ${states.join(', ')}` };
  };
}

function parse(payload: Uint8Array): { state?: unknown } | Error {
  let text: string;
  try {
    text = utf8.decode(payload);
  } catch {
    return new Error('its payload is not UTF-8');
  }
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? value : new Error('its payload is JSON, but no object');
  } catch {
    return new Error('its payload is not JSON');
  }
}

const shown = (text: string): string => (text.length > shownMax ? `${text.slice(0, shownMax)}…` : text);

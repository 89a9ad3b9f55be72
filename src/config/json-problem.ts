/** Finds what JSON cannot say. `JSON.stringify` would leave it out, or write something else in its place. */
const depthMax = 200;

/** Why the value is no JSON, such as `items.0 is a function`; undefined if it is. */
export function problemOfJson(value: unknown): string | undefined {
  const problem = problemOf(value, depthMax);
  if (problem === undefined) return undefined;
  return problem.path.length === 0
    ? `it is ${problem.is}`
    : `${problem.path.toReversed().join('.')} is ${problem.is}`;
}

interface Problem {
  /** The deepest name first. */
  path: (string | number)[];
  is: string;
}

function problemOf(value: unknown, depthLeft: number): Problem | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : { path: [], is: String(value) };
    case 'object':
      return value === null ? undefined : problemOfObject(value, depthLeft - 1);
    case 'bigint':
      return { path: [], is: 'a BigInt: write it as a text' };
    case 'undefined':
      return { path: [], is: 'undefined' };
    case 'function':
    case 'symbol':
    default:
      return { path: [], is: `a ${typeof value}` };
  }
}

function problemOfObject(value: object, depthLeft: number): Problem | undefined {
  if (depthLeft < 0) return { path: [], is: `nested more than ${depthMax} deep` };
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const problem = problemOf(value[index], depthLeft);
      if (problem !== undefined) return within(index, problem);
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const is = problemOfClass(value);
    if (is !== undefined) return { path: [], is };
    if ('toJSON' in value) return undefined;
  }
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    // As in JSON.stringify: the object does not have it.
    if (member === undefined) continue;
    const problem = problemOf(member, depthLeft);
    if (problem !== undefined) return within(name, problem);
  }
  return undefined;
}

function within(name: string | number, problem: Problem): Problem {
  problem.path.push(name);
  return problem;
}

/** Sets, maps, promises and the like would become `{}`. */
function problemOfClass(value: object): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : undefined;
  if (value instanceof Uint8Array) return 'bytes: only a whole value can be bytes';
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return kind === 'Object' ? undefined : `a ${kind}`;
}

/**
 * Schemas whose errors are sentences. The message of an issue continues "VALUE is …": `no duration. Write 5s.` Where a
 * value may be of several kinds, the schema is chosen by what the user wrote, so that an error is about that kind alone.
 */
import { z } from 'zod';
import { nearestName } from '../system/nearest-name.ts';

/** A text. `problem` continues "VALUE is". */
export const text = (problem: string, isRight: (value: string) => boolean = () => true): z.ZodString =>
  z.string({ error: problem }).refine(isRight, { error: problem });

export function oneOfTexts<const Texts extends readonly string[]>(
  noun: string,
  texts: Texts,
): z.ZodType<Texts[number]> {
  return z.enum(texts, { error: `no ${noun}. Write ${texts.join(', ')}.` });
}

export const integer = (noun: string, min: number, max: number): z.ZodNumber => {
  const error = `no ${noun}. Write an integer from ${min} to ${max}.`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

/** An object with these names and no others. */
export function named<Shape extends z.core.$ZodShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys'
        ? keys.map((name) => unknownName(name, names)).join(' ')
        : `no object. It takes ${names.join(', ')}.`,
  });
}

export function unknownName(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  return `${JSON.stringify(name)} is unknown. ${nearest === undefined ? '' : `Did you mean ${nearest}? `}It takes ${names.join(', ')}.`;
}

/** A name that people give, and what has it. */
export const records = <Value extends z.ZodType>(
  names: z.ZodString,
  value: Value,
): z.ZodReadonly<z.ZodRecord<z.ZodString, Value>> =>
  z.record(names, value, { error: 'no object. Write names, and after each its value.' }).readonly();

export const list = <Item extends z.ZodType>(
  item: Item,
  noun: string,
  max: number,
): z.ZodReadonly<z.ZodArray<Item>> =>
  z
    .array(item, { error: `no list of ${noun}.` })
    .max(max, { error: `too long. Write ${max} ${noun} at most.` })
    .readonly();

type Outputs<Kinds extends Record<string, z.ZodType>> = {
  [Name in keyof Kinds]: z.output<Kinds[Name]>;
}[keyof Kinds];

/** An object that has exactly one of these names, and the schema for it. */
export const kinds = <const Kinds extends Record<string, z.ZodType>>(
  noun: string,
  schemas: Kinds,
): z.ZodType<Outputs<Kinds>> =>
  chosen<Outputs<Kinds>>(
    (value) => {
      const names = Object.keys(schemas);
      if (typeof value !== 'object' || value === null)
        return `no ${noun}. Write an object with ${either(names)}.`;
      const found = names.filter((name) => (value as Record<string, unknown>)[name] !== undefined);
      const [name, other] = found;
      if (name === undefined)
        return `no ${noun}. It needs ${either(names)}.${meant(Object.keys(value), names)}`;
      if (other !== undefined) return `no ${noun}. Write one of ${found.join(', ')}.`;
      return schemas[name]!;
    },
    z.union(Object.values(schemas)),
  );

const either = (names: readonly string[]): string => names.join(', ').replace(/, ([^,]*)$/, ' or $1');

function meant(given: readonly string[], names: readonly string[]): string {
  const [nearest] = given.flatMap((name) => nearestName(name, names) ?? []);
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`;
}

/** By the definition of a chosen schema, the one that is published: all that could be chosen. */
const publishedSchemas = new WeakMap<object, z.ZodType>();

/** `choose` gives the schema for a value, or why there is none. The value stays as it is. */
export function chosen<Value>(
  choose: (value: unknown) => z.ZodType | string,
  published: z.ZodType,
): z.ZodType<Value> {
  const schema = z.unknown().superRefine((value, context) => {
    const choice = choose(value);
    if (typeof choice === 'string') {
      context.addIssue({ code: 'custom', message: choice, input: value });
      return;
    }
    const { error } = choice.safeParse(value, { reportInput: true });
    for (const issue of error?.issues ?? [])
      context.addIssue(issue as Parameters<typeof context.addIssue>[0]);
  }) as unknown as z.ZodType<Value>;
  publishedSchemas.set(schema.def, published);
  return schema;
}

/** The JSON Schema of what can stand in YAML or JSON. */
export const publishedSchema = (schema: z.ZodType): object =>
  z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // It means that no one may write the value.
      delete jsonSchema.readOnly;
      const published = publishedSchemas.get((zodSchema as unknown as z.ZodType).def);
      if (published === undefined) return;
      const { $schema: _, ...inner } = publishedSchema(published) as Record<string, unknown>;
      Object.assign(jsonSchema, inner);
    },
  });

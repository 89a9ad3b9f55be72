/** The history form as JSON Schema, for one line. */
import { lineTypes, valueKinds, type LineTypeName, type ValueKind } from './line-types.ts';

type Schema = Record<string, unknown>;

const types = Object.keys(lineTypes) as LineTypeName[];

export function lineSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: "A line of nodrop's history form",
    oneOf: types.map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: Object.fromEntries(types.map((type) => [type, schemaOfType(type)])),
  };
}

function schemaOfType(type: LineTypeName): Schema {
  const { required, optional, ...rest } = lineTypes[type];
  const unlessForeign: Record<string, ValueKind> = 'unlessForeign' in rest ? rest.unlessForeign : {};
  const fields = Object.entries<ValueKind>(required).map(([name, kind]) => [name, valueKinds[kind]]);
  const others = Object.entries<ValueKind>({ ...unlessForeign, ...optional });
  // null is the same as absent.
  const nullable = others.map(([name, kind]) => [name, { anyOf: [{ type: 'null' }, valueKinds[kind]] }]);
  const named = Object.keys(unlessForeign);
  return {
    type: 'object',
    required: ['type', ...Object.keys(required)],
    properties: { type: { const: type }, ...Object.fromEntries([...fields, ...nullable]) },
    ...(named.length > 0 && {
      anyOf: [
        { required: ['foreign'], properties: { foreign: { const: true } } },
        {
          required: named,
          properties: Object.fromEntries(named.map((name) => [name, { not: { type: 'null' } }])),
        },
      ],
    }),
  };
}

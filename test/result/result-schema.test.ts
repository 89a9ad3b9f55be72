/** The published schema is the one of the code, and it says of a result what the code says. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resultOf } from '../../src/audit/audit-run.ts';
import { readHistory } from '../../src/audit/history/read-history.ts';
import { resultJsonSchema, resultSchema } from '../../src/result/result-schema.ts';
import { audit } from '../../src/audit/judge/audit.ts';
import { anyResult, lost, passed } from '../report/results.ts';

const root = join(import.meta.dirname, '../..');
const published = JSON.parse(readFileSync(join(root, 'docs/result.schema.json'), 'utf8')) as object;
const validate = new Ajv2020({ allowUnionTypes: true }).compile(published);

/** What the schema does not know is taken away by it. */
const isNamed = (result: unknown): boolean => {
  expect(resultSchema.parse(result)).toEqual(result);
  return validate(result);
};

// Where it is not, write it again, and format it with npx oxfmt docs:
// node -e "import('./src/result/result-schema.ts').then((it) => console.log(JSON.stringify(it.resultJsonSchema())))"
test('the published schema is the one of the code', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(resultJsonSchema())));
});

test('whatever an audit of the histories says has no field that the schema does not name', async () => {
  const folder = join(root, 'test/fixtures/histories');
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  for (const name of names) {
    const audited = { audit: await audit(await readHistory([join(folder, name)])), run: passed.run };
    const result: unknown = JSON.parse(JSON.stringify(resultOf(audited, passed)));
    expect([name, isNamed(result), validate.errors]).toEqual([name, true, null]);
  }
  expect(names.length).toBeGreaterThan(80);
});

test('results of any kind are valid', () => {
  fc.assert(
    fc.property(anyResult, (result) => {
      const read: unknown = JSON.parse(JSON.stringify(result));
      expect([isNamed(read), validate.errors]).toEqual([true, null]);
    }),
    { numRuns: 200 },
  );
});

test('a field that is missing or of another kind is not, and one that is new is', () => {
  for (const name of Object.keys(passed)) {
    const { [name as keyof typeof passed]: _, ...rest } = passed;
    for (const wrong of [rest, { ...passed, [name]: undefined }, { ...passed, [name]: 'other' }]) {
      const read: unknown = JSON.parse(JSON.stringify(wrong));
      expect([name, validate(read), resultSchema.safeParse(read).success]).toEqual([name, false, false]);
    }
  }
  for (const wrong of [
    { findings: [{ ...lost, kind: 'mislaid' }] },
    { findings: [{ ...lost, examples: Array.from({ length: 11 }, () => ({ id: 'a' })) }] },
    { ledger: { ...passed.ledger, acked: -1 } },
    { ledger: { ...passed.ledger, acked: 0.5 } },
  ]) {
    const read: unknown = { ...passed, ...wrong };
    expect([validate(read), resultSchema.safeParse(read).success]).toEqual([false, false]);
  }
  expect(validate({ ...passed, unheardOf: 1 })).toBe(true);
});

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { asOlderNode, olderNode } from './fixtures/older-node.ts';

const root = join(import.meta.dirname, '..');
const program = join(root, 'bin/nodrop.js');

const run = (
  node: string,
  args: readonly string[],
): { code: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(node, args, { encoding: 'utf8', timeout: 20_000 });
  return { code: status, stdout, stderr };
};

const refusal = {
  code: 69,
  stdout: '',
  stderr: expect.stringMatching(
    /^nodrop needs Node 24\.6 or newer; this is v[\d.]+\.\nIn a clone, .*npm ci.*\nElsewhere: .*\n$/,
  ),
};

test('on an old Node, the command says that Node is too old, and exits with 69', () => {
  expect(run(process.execPath, [...asOlderNode, program, 'faults'])).toEqual(refusal);
});

test.skipIf(olderNode === undefined)(
  'on a real old Node, the command says that Node is too old, and exits with 69',
  () => {
    expect(run(olderNode!, [program, 'faults'])).toEqual(refusal);
  },
);

test('on an old Node, the library throws an OperationalError that says that Node is too old', () => {
  const library = pathToFileURL(join(root, 'src/index.ts')).href;
  const call = `const { startKafka } = await import('${library}');
    await startKafka().catch(({ name, code, message }) => console.log(name, code, message));`;
  const { code, stdout } = run(process.execPath, [...asOlderNode, '--input-type=module', '--eval', call]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'OperationalError unavailable nodrop needs Node 24.6 or newer; this is v20.19.0.\n',
  });
});

test.each(['nodrop.js', 'needed-node.js'])('an old Node can parse bin/%s', (name) => {
  const code = readFileSync(join(root, 'bin', name), 'utf8').replaceAll(/^#!.*|\/\*[^]*?\*\/|\/\/.*/gm, '');
  // If a built-in module lacks an imported name, an old Node exits before any code can run.
  expect(code).not.toMatch(/import\s*\{[^}]*\}\s*from\s*'node:/);
  // Syntax that is newer than modules.
  expect(code).not.toMatch(
    /\?\?|\?\.[a-z[(]|\|\|=|&&=|^\s*(const .*= |return )?await\b|\bstatic\s*\{|\busing\b/m,
  );
});

test('package.json asks for the same Node version as the error', () => {
  expect(packageJson.engines.node).toBe('>=24.6');
});

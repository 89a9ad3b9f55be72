/** Configs are found and loaded by Node itself, in a process of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfigs } from '../fixtures/load-configs.ts';
import { newDir } from '../fixtures/nodrop.ts';

function folderWith(files: Record<string, string>): string {
  const dir = newDir();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

const body =
  "{ pipelines: { a: { source: topic('in'), sinks: { b: sqlite('x.db', { table: 't', id: 'column:id' }) } } } }";
const module = `import { defineConfig, sqlite, topic } from 'nodrop';\nconst config: object = ${body};\nexport default defineConfig(config as never);\n`;
const json =
  '{"pipelines":{"a":{"source":{"topic":"in"},"sinks":{"b":{"database":"sqlite:x.db","table":"t","id":"column:id"}}}}}';

test('a config is found in the folder in each of its forms, and its paths count from there', () => {
  const javascript = module.replace(': object', '').replace(' as never', '');
  const forms = {
    'nodrop.config.ts': module,
    'nodrop.config.mts': module,
    'nodrop.config.js': javascript,
    'nodrop.config.mjs': javascript,
    'nodrop.config.yaml': json,
    'nodrop.config.yml': json,
    'nodrop.config.json': json.replace('{', '{"$schema":"x",'),
  };
  const dirs = Object.entries(forms).map(([name, text]) => folderWith({ [name]: text }));
  const found = loadConfigs(...dirs.map((dir) => [null, dir] as const));
  expect(found).toEqual(
    Object.keys(forms).map((name, index) => ({
      path: join(dirs[index]!, name),
      config: {
        pipelines: {
          a: {
            source: { topic: 'in' },
            sinks: { b: { database: `sqlite:${join(dirs[index]!, 'x.db')}`, table: 't', id: 'column:id' } },
          },
        },
      },
    })),
  );
});

test('a module may lie in a package of the other kind, import its neighbours, and give a promise', () => {
  const dir = folderWith({
    'package.json': '{"type":"commonjs"}',
    'pipelines.mts': `import { sqlite, topic } from 'nodrop';\nexport default ${body};\n`,
    'conf/nodrop.config.ts':
      "import config from '../pipelines.mts';\nexport default Promise.resolve(config satisfies object);\n",
  });
  const [loaded] = loadConfigs(['conf/nodrop.config.ts', dir]);
  expect(loaded).toMatchObject({
    path: join(dir, 'conf/nodrop.config.ts'),
    config: { pipelines: { a: { sinks: { b: { database: `sqlite:${join(dir, 'conf/x.db')}` } } } } },
  });
});

test('a missing config, several of them and a wrong file are refused', () => {
  const dir = folderWith({
    'a/.x': '',
    'b/nodrop.config.ts': '',
    'b/nodrop.config.json': '',
    'c.toml': '',
    'big.json': ' '.repeat(1024 * 1024 + 1),
  });
  const errors = loadConfigs(
    [null, join(dir, 'a')],
    [null, join(dir, 'b')],
    ['no.ts', dir],
    ['a', dir],
    ['c.toml', dir],
    ['big.json', dir],
  );
  expect(errors).toEqual([
    {
      error: `There is no config in ${dir}/a.`,
      hint: expect.stringMatching(/^Write nodrop\.config\.ts, .*--config FILE\.$/),
    },
    {
      error: 'There are several configs: nodrop.config.ts, nodrop.config.json.',
      hint: 'Keep one, or name one with --config FILE.',
    },
    { error: '--config no.ts: there is no such file.' },
    { error: '--config a is not a file.' },
    {
      error: '--config c.toml has no ending of a config.',
      hint: 'It is .ts, .mts, .js, .mjs, .yaml, .yml or .json.',
    },
    { error: '--config big.json has 1048577 bytes: at most 1048576 are read.' },
  ]);
});

test("an error in the user's file names the file, the line and what is wrong", () => {
  const files = {
    'syntax.ts': 'export default {\n  a: [}\n};\n',
    'syntax.mjs': 'export default {\n  a: 1\n  b: 2 };\n',
    'enum.ts': 'enum A { b }\nexport default {};\n',
    'throws.ts': 'const x: any = undefined;\nexport default { a: x.y };\n',
    'text.ts': "throw 'a text';\n",
    'name.ts': "import { topik } from 'nodrop';\nexport default topik;\n",
    'package.ts': "import x from 'not-installed';\nexport default x;\n",
    'none.ts': 'export const config = {};\n',
    'function.ts': 'export default () => ({});\n',
    'rejects.ts': "export default Promise.reject(new Error('no'));\n",
    'syntax.yaml': 'pipelines:\n  a: 1\n b: 2\n',
    'twice.yaml': 'pipelines: {}\npipelines: {}\n',
    'syntax.json': '{\n  "a": [1,}\n}',
    'latin.yaml': 'a: caf\u00e9',
    'wrong.yaml': 'pipelines: { a: { source: { topic: x }, sinks: {} } }',
  };
  const dir = folderWith(files);
  writeFileSync(join(dir, 'latin.yaml'), Buffer.from(files['latin.yaml'], 'latin1'));
  const errors = loadConfigs(...Object.keys(files).map((name) => [name, dir] as const));
  expect(errors.map(({ error }) => error)).toEqual([
    'syntax.ts cannot be loaded: SyntaxError: Expression expected (syntax.ts:2)',
    "syntax.mjs cannot be loaded: SyntaxError: Unexpected identifier 'b' (syntax.mjs:3)",
    'enum.ts cannot be loaded: SyntaxError: TypeScript enum is not supported in strip-only mode (enum.ts:1)',
    "throws.ts cannot be loaded: TypeError: Cannot read properties of undefined (reading 'y') (throws.ts:2:23)",
    'text.ts cannot be loaded: a text',
    "name.ts cannot be loaded: SyntaxError: The requested module 'nodrop' does not provide an export named 'topik' (name.ts:1)",
    `package.ts cannot be loaded: Error: Cannot find package 'not-installed' imported from ${dir}/package.ts`,
    'none.ts has no default export.',
    'function.ts exports a function.',
    expect.stringMatching(/^rejects\.ts cannot be loaded: Error: no \(rejects\.ts:1:\d+\)$/),
    expect.stringMatching(/^syntax\.yaml:3:\d: /),
    expect.stringMatching(/^twice\.yaml:2:1: Map keys must be unique/),
    expect.stringMatching(/^syntax\.json:2:\d+: it is no JSON\.$/),
    'latin.yaml is not in UTF-8.',
    expect.stringMatching(/^wrong\.yaml: pipelines\.a: It has neither hops nor sinks\./),
  ]);
});

/** Finds and reads a user's config. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseDocument } from 'yaml';
import { isSystemError, messageOf, usageError } from '../errors.ts';
import { Deadline } from '../system/deadline.ts';
import { checkConfig } from './check-config.ts';
import type { Config } from './config.ts';
import { resolvePaths } from './resolve-paths.ts';
import { userErrorText } from './user-error.ts';

export interface LoadedConfig {
  /** Its paths are absolute. */
  config: Config;
  /** Its file. */
  path: string;
}

export const configNames = ['ts', 'mts', 'js', 'mjs', 'yaml', 'yml', 'json'].map(
  (ending) => `nodrop.config.${ending}`,
);

const fileBytesMax = 1024 * 1024;
/** A module may wait for something before it is loaded. */
const loadMs = 30_000;

/**
 * Reads a config, and checks it. Throws `usage` if there is none, or several, or if it is wrong.
 *
 * @param path The file, counted from `cwd`; undefined: the one in `cwd` that has a config's name.
 */
export async function loadConfig(path: string | undefined, cwd: string): Promise<LoadedConfig> {
  const file = path === undefined ? findConfig(cwd) : resolve(cwd, path);
  const name = relative(cwd, file).startsWith('..') ? file : relative(cwd, file);
  requireFile(file, name);
  const config = await checkConfig(await readConfig(file, name), name);
  return { config: resolvePaths(config, dirname(file)), path: file };
}

function findConfig(cwd: string): string {
  const found = configNames.filter((name) => existsSync(resolve(cwd, name)));
  const [first, second] = found;
  if (first === undefined)
    throw usageError(
      `There is no config in ${cwd}.`,
      `Write ${configNames.join(', ')}, or name another file with --config FILE.`,
    );
  if (second !== undefined)
    throw usageError(
      `There are several configs: ${found.join(', ')}.`,
      'Keep one, or name one with --config FILE.',
    );
  return resolve(cwd, first);
}

function requireFile(file: string, name: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw usageError(`--config ${name}: there is no such file.`);
  if (!stats.isFile()) throw usageError(`--config ${name} is not a file.`);
  if (stats.size > fileBytesMax)
    throw usageError(`--config ${name} has ${stats.size} bytes: at most ${fileBytesMax} are read.`);
}

async function readConfig(file: string, name: string): Promise<unknown> {
  switch (extname(file)) {
    case '.yaml':
    case '.yml':
      return withoutSchema(readYaml(textOf(file, name), name));
    case '.json':
      return withoutSchema(readJson(textOf(file, name), name));
    case '.ts':
    case '.mts':
    case '.js':
    case '.mjs':
      return await readModule(file, name);
    default:
      throw usageError(
        `--config ${name} has no ending of a config.`,
        'It is .ts, .mts, .js, .mjs, .yaml, .yml or .json.',
      );
  }
}

function textOf(file: string, name: string): string {
  try {
    return new TextDecoder('utf8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (isSystemError(error)) throw usageError(`${name} cannot be read: ${messageOf(error)}`);
    throw usageError(`${name} is not in UTF-8.`);
  }
}

function readYaml(text: string, name: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const [problem] = document.errors.length > 0 ? document.errors : document.warnings;
  if (problem !== undefined) {
    const { line = 1, col = 1 } = problem.linePos?.[0] ?? {};
    throw usageError(
      `${name}:${line}:${col}: ${messageOf(problem).replace(/ at line \d+, column \d+:$/, '')}`,
    );
  }
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that multiply beyond measure.
    throw usageError(`${name}: ${messageOf(error)}`);
  }
}

function readJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const [, line, column] = / \(line (\d+) column (\d+)\)$/.exec(messageOf(error)) ?? [];
    // All JSON is YAML, whose parser knows where most errors are.
    const { line: yamlLine, col } = parseDocument(text).errors[0]?.linePos?.[0] ?? {};
    const place = [line ?? yamlLine, column ?? col]
      .filter((part) => part !== undefined)
      .map((part) => `:${part}`);
    throw usageError(`${name}${place.join('')}: it is no JSON.`);
  }
}

/** Editors read `$schema`. */
function withoutSchema(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || !('$schema' in config)) return config;
  const { $schema: _, ...rest } = config;
  return rest;
}

/** The config that the module exports by default, or that its promise gives. */
async function readModule(file: string, name: string): Promise<unknown> {
  const config = await new Deadline(loadMs).race(importDefault(file, name), () =>
    usageError(`${name} is not loaded after ${loadMs / 1_000} s: something in it waits.`),
  );
  if (config === undefined)
    throw usageError(`${name} has no default export.`, 'Write export default defineConfig({ … }).');
  if (typeof config === 'function')
    throw usageError(
      `${name} exports a function.`,
      'Export the config itself: export default defineConfig({ … }).',
    );
  return config;
}

async function importDefault(file: string, name: string): Promise<unknown> {
  // The config gets the functions of the nodrop that reads it, wherever that is installed.
  const own = new URL(`../index${import.meta.url.slice(-3)}`, import.meta.url).href;
  const url = pathToFileURL(file).href;
  const hooks = registerHooks({
    resolve: (specifier, context, nextResolve) => {
      if (specifier === 'nodrop') return { url: own, shortCircuit: true };
      const resolved = nextResolve(specifier, context);
      // The package in which it lies need not have the type "module".
      return specifier === url ? { ...resolved, format: formatOf(file) } : resolved;
    },
  });
  try {
    const module = (await import(url)) as { default?: unknown };
    return await module.default;
  } catch (error) {
    throw usageError(`${name} cannot be loaded: ${userErrorText(locatedError(error, file))}`, hintOf(error));
  } finally {
    hooks.deregister();
  }
}

const formatOf = (file: string): string => (file.endsWith('ts') ? 'module-typescript' : 'module');

/** Node tells where the syntax of a module in JavaScript is wrong only when it checks the file. */
function locatedError(error: unknown, file: string): unknown {
  if (!(error instanceof SyntaxError) || !error.stack?.startsWith('SyntaxError') || file.endsWith('ts'))
    return error;
  const args = ['--input-type=module', '--check'];
  const { stderr } = spawnSync(process.execPath, args, {
    input: readFileSync(file),
    encoding: 'utf8',
    timeout: 10_000,
  });
  const [, line] = /^\[stdin\]:(\d+)$/m.exec(stderr) ?? [];
  if (line !== undefined) error.stack = `${file}:${line}`;
  return error;
}

function hintOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
    ? 'Node only leaves types out. Write it without enum, namespace or parameter property.'
    : undefined;
}

/**
 * Most of the client library's load time goes into parts that nodrop never calls: validators of options and a schema
 * registry. Every run loads the library in three processes, so both are left out here. Parts of the histogram library
 * are left out too: WebAssembly, the writing of logs, and a zlib in JavaScript, which Node's own replaces. A module
 * that is named by its path is assumed to exist: looking up hundreds of small files takes a quarter of the load time.
 * Import this module before any other.
 */
import { registerHooks, type ResolveHookSync } from 'node:module';

/** Set by tests: the libraries load as they are. */
const isOff = process.env['NODROP_PLAIN_IMPORTS'] !== undefined;

const extension = import.meta.url.slice(-3);
/** The folder of nodrop's own code. */
const sources = new URL('../..', import.meta.url).href;
const ours = (name: string): string => new URL(`./${name}${extension}`, import.meta.url).href;
/** Key: the importing folder of the library, and the imported name. Node resolves each such pair once. */
const replacements: Record<string, string> = {
  '@platformatic/kafka/dist ajv/dist/2020.js': ours('stubs/ajv'),
  '@platformatic/kafka/dist/registries ./confluent-schema-registry.js': 'data:text/javascript,',
  'hdr-histogram-js/dist ./wasm': ours('stubs/hdr-wasm'),
  'hdr-histogram-js/dist ./HistogramLogWriter': ours('stubs/hdr-wasm'),
  'hdr-histogram-js/dist pako': 'node:zlib',
};

/** The replacements that no import has asked for yet. */
export const unasked = new Set(Object.keys(replacements));

const resolve: ResolveHookSync = (specifier, context, nextResolve) => {
  const importer = context.parentURL ?? '';
  const [, library, folder] =
    /\/node_modules\/(@platformatic\/kafka|hdr-histogram-js)(\/.*)\/[^/]*$/.exec(importer) ?? [];
  const asked = `${library}${folder} ${specifier}`;
  const url = replacements[asked];
  if (url !== undefined) {
    unasked.delete(asked);
    return { url, shortCircuit: true };
  }
  const isPath =
    specifier.startsWith('.') && (library === '@platformatic/kafka' || importer.startsWith(sources));
  if (!isPath) return nextResolve(specifier, context);
  return { url: new URL(specifier, importer).href, shortCircuit: true };
};
if (!isOff) registerHooks({ resolve });

/**
 * Most of the time that the client library takes to load goes into what nodrop never calls: validators of
 * options and a schema registry. Every run loads it in three processes, so both are left out here. So are
 * parts of the histograms' library: WebAssembly, the writing of logs, and a zlib in JavaScript, since it takes
 * Node's own. And what a module names by its path is taken to be there: to look it up takes a quarter of the
 * time for hundreds of small files. To be imported before anything else.
 */
import { registerHooks, type ResolveHookSync } from 'node:module';

/** Set by tests: the libraries load as they are. */
const isOff = process.env['NODROP_PLAIN_IMPORTS'] !== undefined;

const extension = import.meta.url.slice(-3);
/** Of nodrop itself. */
const sources = new URL('../..', import.meta.url).href;
const ours = (name: string): string => new URL(`./${name}${extension}`, import.meta.url).href;
/** By the folder of the library that imports, and what it imports: Node looks up once what a folder asks for. */
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

/**
 * Most of the time that the client library takes to load goes into what nodrop never calls: validators of
 * options and a schema registry. Every run loads it in three processes, so both are left out here. So are
 * parts of the histograms' library: WebAssembly, the writing of logs, and a zlib in JavaScript, since it takes
 * Node's own. And what a module names by its path is taken to be there: to look it up takes a quarter of the
 * time for hundreds of small files. To be imported before anything else.
 */
import { registerHooks } from 'node:module';

const extension = import.meta.url.slice(-3);
/** Of nodrop itself. */
const sources = new URL('../..', import.meta.url).href;
const ours = (name: string): string => new URL(`./${name}${extension}`, import.meta.url).href;
/** By the file of the library that imports, and what it imports. */
const replacements: Record<string, string> = {
  '@platformatic/kafka/dist/utils.js ajv/dist/2020.js': ours('stubs/ajv'),
  '@platformatic/kafka/dist/registries/index.js ./confluent-schema-registry.js': 'data:text/javascript,',
  'hdr-histogram-js/dist/index.js ./wasm': ours('stubs/hdr-wasm'),
  'hdr-histogram-js/dist/index.js ./HistogramLogWriter': ours('stubs/hdr-wasm'),
  'hdr-histogram-js/dist/encoding.js ./wasm': ours('stubs/hdr-wasm'),
  'hdr-histogram-js/dist/HistogramBuilder.js ./wasm': ours('stubs/hdr-wasm'),
  'hdr-histogram-js/dist/JsHistogram.encoding.js pako': 'node:zlib',
};

registerHooks({
  resolve(specifier, context, nextResolve) {
    const importer = context.parentURL ?? '';
    const [, library, file] =
      /\/node_modules\/(@platformatic\/kafka|hdr-histogram-js)(\/.*)$/.exec(importer) ?? [];
    const url = file === undefined ? undefined : replacements[`${library}${file} ${specifier}`];
    if (url !== undefined) return { url, shortCircuit: true };
    const isPath =
      specifier.startsWith('.') && (library === '@platformatic/kafka' || importer.startsWith(sources));
    if (!isPath) return nextResolve(specifier, context);
    return { url: new URL(specifier, importer).href, shortCircuit: true };
  },
});

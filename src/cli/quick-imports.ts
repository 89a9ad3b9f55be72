/**
 * Half of the time that the client library takes to load goes into what nodrop never calls: validators of
 * options, compiled though it validates only when told to be strict, and a schema registry. Every run loads
 * it in three processes, so here the validators are compiled when they are first called, if ever, and the
 * registry is left out. To be imported before the library.
 */
import { registerHooks } from 'node:module';

const extension = import.meta.url.slice(-3);
/** By the file of the library that imports, and what it imports. */
const replacements: Record<string, string> = {
  '/dist/utils.js ajv/dist/2020.js': new URL(`./lazy-ajv${extension}`, import.meta.url).href,
  '/dist/registries/index.js ./confluent-schema-registry.js': 'data:text/javascript,',
};

registerHooks({
  resolve(specifier, context, nextResolve) {
    const [, importer] = context.parentURL?.split('/@platformatic/kafka') ?? [];
    const url = importer === undefined ? undefined : replacements[`${importer} ${specifier}`];
    return url === undefined ? nextResolve(specifier, context) : { url, shortCircuit: true };
  },
});

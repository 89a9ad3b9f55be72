/** Replaces parts of the histogram library that nodrop never calls: WebAssembly and a writer of logs. */
export const webAssemblyAvailable = false;

/** The library uses it with `instanceof` and extends its prototype. */
export function WasmHistogram(): never {
  throw new Error('nodrop has no histograms in WebAssembly');
}

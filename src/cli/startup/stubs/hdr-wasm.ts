/** Stands for parts of the histograms' library that nodrop never calls: WebAssembly, and a writer of logs. */
export const webAssemblyAvailable = false;

/** The library asks whether something is one, and adds to the prototype. */
export function WasmHistogram(): never {
  throw new Error('nodrop has no histograms in WebAssembly');
}

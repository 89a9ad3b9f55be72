// Starts the program of a thread, which `argv` names.
import module from 'node:module';

// A thread does not take over the cache of its process. Without one, it removes the types from all its sources again.
module.enableCompileCache();
await import(process.argv[2]);

#!/usr/bin/env node
// Starts the command line: from the sources in a clone, from dist/ in a published package.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 6)) {
  process.stderr.write(
    `nodrop needs Node 24.6 or newer; this is ${process.version}.\n` +
      'In a clone, npm brings its own: npm ci, then npm start or npx nodrop.\n' +
      'Elsewhere: install a newer Node, or npx --package=node@24 --package=nodrop nodrop\n',
  );
  process.exit(69);
}

// Every run starts three processes: what one has compiled the others need not.
enableCompileCache();
const source = new URL('../src/cli/main.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href);

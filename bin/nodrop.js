#!/usr/bin/env node
// Starts the command line: from the sources in a clone, from dist/ in a published package.
import fs from 'node:fs';
import module from 'node:module';
import { nodeProblem } from './needed-node.js';

// Should Node end before anybody has decided how: 0 and 1 are verdicts.
process.exitCode = 70;

if (nodeProblem === undefined) {
  // Every run starts three processes: what one has compiled the others need not.
  module.enableCompileCache();
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const main = fs.existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
  import(main.href).catch((error) => {
    // What a clone depends on is not there before `npm ci`.
    const isMissing = error.code === 'ERR_MODULE_NOT_FOUND';
    const mend = isMissing ? 'nodrop is not installed whole. In a clone: npm ci' : 'nodrop: a bug in nodrop';
    end(isMissing ? 69 : 70, `${mend}\n${isMissing ? error.message : error.stack}\n`);
  });
} else {
  end(
    69,
    `${nodeProblem}\n` +
      'In a clone, npm brings its own: npm ci, then npm start or npx nodrop.\n' +
      'Elsewhere: install a newer Node, or npx --package=node@24 --package=nodrop nodrop\n',
  );
}

/** Where nobody can be told, the exit code has to do. */
function end(exitCode, text) {
  process.stderr.on('error', () => process.exit(exitCode));
  process.stderr.write(text, () => process.exit(exitCode));
}

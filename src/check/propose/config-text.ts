/** Writes a config for people: as TypeScript or as YAML. */
import { stringify } from 'yaml';
import type { Config } from '../../config/config.ts';
import { usageError } from '../../errors.ts';

const width = 100;

/** Throws `usage` for a file whose ending is not that of such a config. */
export function configText(file: string, { kafka, pipelines }: Config, notes: readonly string[]): string {
  // Where a person will look for them.
  const processes = {};
  const config = { kafka, processes, pipelines };
  if (/\.(ts|mts|js|mjs)$/.test(file)) {
    const comment = notes.map((note) => `// ${note}\n`).join('');
    return `${comment}import { defineConfig } from 'nodrop';\n\nexport default defineConfig(${literal(config, '')});\n`;
  }
  if (/\.ya?ml$/.test(file)) {
    return `${notes.map((note) => `# ${note}\n`).join('')}${stringify(config, { lineWidth: width })}`;
  }
  throw usageError(
    `--config ${file} has no ending of a config.`,
    'Write .ts, .mts, .js, .mjs, .yaml or .yml.',
  );
}

/** A literal of JavaScript, which has names without quotes where it can. */
function literal(value: unknown, indent: string): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return '{}';
  const inner = `${indent}  `;
  const lines = members.map(([name, member]) => {
    const written = /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
    return `${inner}${written}: ${literal(member, inner)},\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

const quoted = (text: string): string =>
  `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)}'`;

/** The commit that was measured, the machine, and the versions. */
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { findRuntime } from '../src/kafka/broker/runtime.ts';

export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  system: string;
  node: string;
  java: string;
  kafka: string;
}

export async function thisMachine(): Promise<Machine> {
  const { java, kafkaVersion } = await findRuntime({});
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    java: java.version,
    kafka: kafkaVersion,
  };
}

/** `a1b2c3d`, followed by `dirty` if the tree has changes other than in the page that the bench writes. */
export function thisCommit(): string {
  const root = join(import.meta.dirname, '..');
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changes = git('status', '--porcelain', '--', '.', ':!docs/design/performance.md');
    return `${git('rev-parse', '--short', 'HEAD')}${changes === '' ? '' : ' dirty'}`;
  } catch {
    return 'unknown';
  }
}

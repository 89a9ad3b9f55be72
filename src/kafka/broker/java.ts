/** Finds the Java that the broker runs on: `JAVA_HOME`, else the PATH. */
import { join } from 'node:path';

import { unavailableError } from '../../errors.ts';
import { runCommand } from '../../system/run-program.ts';

export const javaVersionMin = 17;
const timeoutMs = 10_000;

/** The ways to a broker for who lacks Java or Maven. */
export const installHint = [
  'Debian:  sudo apt-get install default-jre-headless maven',
  'macOS:   brew install --cask temurin && brew install maven',
  'Docker:  docker compose up -d, then add --bootstrap-server localhost:9092',
].join('\n');

export interface Java {
  path: string;
  /** Such as `17.0.15`. */
  version: string;
  /** All that `java -version` prints: tells one build of the virtual machine from another. */
  build: string;
}

/** Throws `unavailable` where there is none, or one older than 17. */
export async function findJava(signal?: AbortSignal): Promise<Java> {
  const home = process.env['JAVA_HOME'];
  const path = home ? join(home, 'bin', 'java') : 'java';
  const where = home ? `JAVA_HOME (${home})` : 'the PATH';
  const { code, lines } = await runCommand(path, ['-version'], { timeoutMs, signal });
  const build = lines.join('\n');
  const match = /version "((?:1\.)?(\d+)[^"]*)"/.exec(build);
  // macOS has a `java` on the PATH that only says where to get one: there, and not found, are the same to us.
  if (code !== 0 || !match) {
    throw unavailableError(`Java is needed to run Kafka, and ${where} has none that works.`, {
      hint: installHint,
    });
  }
  const version = match[1]!;
  if (Number(match[2]) < javaVersionMin) {
    throw unavailableError(`Java ${javaVersionMin} or newer is needed, and ${where} has Java ${version}.`, {
      hint: installHint,
    });
  }
  return { path, version, build };
}

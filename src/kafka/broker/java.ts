/** Finds the Java that the broker runs on: from `JAVA_HOME`, otherwise from the PATH. */
import { join } from 'node:path';

import { unavailableError } from '../../errors.ts';
import { causeLines } from './cause-lines.ts';
import { runCommand } from '../../system/run-program.ts';

export const javaVersionMin = 17;
const timeoutMs = 10_000;
const outputLinesMax = 10;
const notFoundCode = 127;

/**
 * The environment of every Java. In another locale, it could not open paths with letters beyond ASCII; and the system's
 * errors, which nodrop looks for in logs, would be in another language.
 */
export const javaEnvironment = { LC_ALL: 'C.UTF-8' };

/** How to get a broker without Java or Maven. */
export const installHint = [
  'Debian:  sudo apt-get install default-jre-headless maven',
  'macOS:   brew install --cask temurin && brew install maven',
  'Docker:  docker compose up -d, then add --bootstrap-server localhost:9092',
].join('\n');

export interface Java {
  path: string;
  /** For example `17.0.15`. */
  version: string;
  /** The whole output of `java -version`, which identifies a build of the virtual machine. */
  build: string;
}

/** Throws `unavailable` if there is no Java, or only one older than 17. */
export async function findJava(signal?: AbortSignal): Promise<Java> {
  const home = process.env['JAVA_HOME'];
  const path = home ? join(home, 'bin', 'java') : 'java';
  const where = home ? `JAVA_HOME (${home})` : 'the PATH';
  const { code, lines } = await runCommand(path, ['-version'], {
    timeoutMs,
    signal,
    env: javaEnvironment,
  });
  const build = lines.join('\n');
  const match = /version "((?:1\.)?(\d+)[^"]*)"/.exec(build);
  // macOS has a `java` on the PATH that only says where to get Java: nodrop treats it like a missing one.
  if (code !== 0 || !match) {
    // Such as a line of an agent in JAVA_TOOL_OPTIONS.
    const output = code === notFoundCode ? [] : causeLines(lines, outputLinesMax);
    const what = `Java is needed to run Kafka, and ${where} has none that works.`;
    throw unavailableError([what, ...output].join('\n'), { hint: installHint });
  }
  const version = match[1]!;
  if (Number(match[2]) < javaVersionMin) {
    throw unavailableError(`Java ${javaVersionMin} or newer is needed, and ${where} has Java ${version}.`, {
      hint: installHint,
    });
  }
  return { path, version, build };
}

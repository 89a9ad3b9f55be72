/** Gets the jars of a pom with Maven, which knows the repositories and uses the user's mirror. */
import { stripVTControlCharacters } from 'node:util';

import { unavailableError } from '../../errors.ts';
import { installHint, javaEnvironment } from './java.ts';
import { runCommand } from '../../system/run-program.ts';

const goal = 'org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies';
const downloadTimeoutMs = 600_000;
const versionTimeoutMs = 10_000;
const notFoundCode = 127;

export interface ProgressOptions {
  signal?: AbortSignal | undefined;
  /** Called with one line for the user. */
  onProgress?: ((line: string) => void) | undefined;
}

/** Maven's reasons, the most specific first: Maven's own output consists of stacks and addresses. */
const reasons: [pattern: RegExp, sentence: string][] = [
  [/in offline mode/, 'Maven is set to work offline'],
  [
    /unknown host|UnknownHostException|name or service not known|name resolution|nodename nor servname/i,
    'the host that Maven gets artifacts from cannot be resolved (is there a network?)',
  ],
  [
    /connection refused|network is unreachable|no route to host|timed? ?out|connection reset/i,
    'the host that Maven gets artifacts from cannot be reached',
  ],
  [/PKIX|SSLHandshake|certificate/i, "Java does not trust that host's certificate"],
  [/\b(?:401|403|407)\b/, 'that host, or a proxy, refused (see the servers and proxies in settings.xml)'],
  [/No space left on device/i, 'the disk is full'],
  [/JAVA_HOME/, 'it does not find Java (see JAVA_HOME)'],
  [/Could not find artifact/, 'the repository it is set to use lacks one of the artifacts'],
];

/** The failure in one sentence, from Maven's output. */
export function mavenFailure(lines: readonly string[]): string {
  const text = lines.join('\n');
  const reason = reasons.find(([pattern]) => pattern.test(text));
  return `Maven could not get Kafka: ${reason?.[1] ?? 'run it by hand to see why'}.`;
}

/** Copies all jars into `folder`, which must exist. Throws `unavailable`. */
export async function copyJars(pom: string, folder: string, options: ProgressOptions): Promise<void> {
  let count = 0;
  const { code, lines } = await runCommand(
    'mvn',
    ['-B', '-f', pom, goal, `-DoutputDirectory=${folder}`, '-DincludeScope=runtime'],
    {
      timeoutMs: downloadTimeoutMs,
      env: javaEnvironment,
      signal: options.signal,
      onLine: (line) => {
        const jar = /Downloaded from .*\/([^/\s]+\.jar) \(/.exec(line)?.[1];
        if (jar) options.onProgress?.(`downloaded ${jar} (${++count})`);
      },
    },
  );
  if (code === notFoundCode) {
    throw unavailableError('Maven is needed to get Kafka, and the PATH has no mvn.', { hint: installHint });
  }
  if (code !== 0) {
    throw unavailableError(mavenFailure(lines), {
      hint: `By hand:  mvn -B -f ${pom} ${goal}\nOr set KAFKA_HOME to an unpacked Kafka 4, or use a running broker with --bootstrap-server.`,
    });
  }
}

/** For example `3.8.7`; undefined if there is no Maven. */
export async function mavenVersion(signal?: AbortSignal): Promise<string | undefined> {
  const { lines } = await runCommand('mvn', ['-v'], { timeoutMs: versionTimeoutMs, signal });
  return /Apache Maven (\S+)/.exec(stripVTControlCharacters(lines.join('\n')))?.[1];
}

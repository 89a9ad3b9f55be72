/**
 * JUnit XML: one suite, and a test case for each check. There is no one form of it, so this keeps to what
 * Jenkins's schema and the readers of GitLab, GitHub and Azure have in common. Names are the same from run to
 * run, by which they compare one with the next; the run's id is a property.
 */
import type { Result, Timings } from '../result.ts';
import { checksOf, type Check } from './checks.ts';
import { shortText } from './short.ts';
import { xmlAttributes, xmlText } from './xml.ts';

/** A whole document, without a newline at its end. */
export function junitText(result: Result): string {
  const checks = checksOf(result);
  const countOf = (state: Check['state']): number => checks.filter((check) => check.state === state).length;
  const counts = { tests: checks.length, failures: countOf('failed'), errors: countOf('undecided') };
  const time = seconds(elapsedMs(result.timings));
  const suite = { name: 'nodrop', ...counts, skipped: countOf('skipped'), time };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${xmlAttributes({ name: 'nodrop', ...counts, time })}>`,
    `  <testsuite${xmlAttributes(suite)}>`,
    ...properties(result),
    ...checks.flatMap(testCase),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

function properties({ run, verdict, allowed, environment }: Result): string[] {
  const values = {
    run: run.id,
    topic: run.topic,
    seed: run.seed,
    messages: run.messages,
    verdict,
    allowed: allowed.length === 0 ? null : allowed.join(','),
    ...environment,
  };
  const known = Object.entries(values).filter(([, value]) => value !== null);
  return [
    '    <properties>',
    ...known.map(([name, value]) => {
      return `      <property${xmlAttributes({ name, value: shortText(String(value)) })}/>`;
    }),
    '    </properties>',
  ];
}

function testCase(check: Check): string[] {
  const { group, name, ms } = check;
  const attributes = xmlAttributes({ classname: `nodrop.${group}`, name, time: seconds(ms) });
  const children = childrenOf(check);
  if (children.length === 0) return [`    <testcase${attributes}/>`];
  return [`    <testcase${attributes}>`, ...children, '    </testcase>'];
}

const elements = { failed: 'failure', undecided: 'error' } as const;

function childrenOf({ group, name, state, message, lines }: Check): string[] {
  const text = xmlText(lines.join('\n'));
  if (state === 'failed' || state === 'undecided') {
    const type = group === 'findings' ? name : group;
    return [`      <${elements[state]}${xmlAttributes({ type, message })}>${text}</${elements[state]}>`];
  }
  return [
    ...(state === 'skipped' ? [`      <skipped${xmlAttributes({ message })}/>`] : []),
    ...(lines.length === 0 ? [] : [`      <system-out>${text}</system-out>`]),
  ];
}

/** Of a run that was done by hand, the phases that are known. */
const elapsedMs = ({ totalMs, brokerStartMs, produceMs, drainMs, auditMs }: Timings): number =>
  totalMs ?? [brokerStartMs, produceMs, drainMs, auditMs].reduce<number>((sum, ms) => sum + (ms ?? 0), 0);

const seconds = (ms: number): string => (Math.max(0, ms) / 1_000).toFixed(3);

/**
 * JUnit XML: one suite with a test case for each check. JUnit XML has no single schema, so this uses only what
 * Jenkins's schema and the readers of GitLab, GitHub and Azure have in common. These compare runs by the names of
 * cases, so names are the same from run to run; the run's id is a property.
 */
import type { Result, Timings } from '../../result/result.ts';
import { checksOf, type Check } from './checks.ts';
import { pipelineProvenanceText, provenanceText, rangesText } from '../text/check-words.ts';
import { shortText } from '../text/shorten.ts';
import { xmlAttributes, xmlText } from './xml.ts';

/** A whole document, without a newline at its end. */
export function junitText(result: Result): string {
  const { run, verdict, allowed, environment, timings } = result;
  return junitDocument('nodrop', {
    ms: elapsedMs(timings),
    properties: {
      run: run.id,
      topic: run.topic,
      seed: run.seed,
      messages: run.messages,
      verdict,
      ...scopeOf(result),
      allowed: allowed.length === 0 ? null : allowed.join(','),
      ...environment,
    },
    cases: checksOf(result).map(caseOf),
  });
}

/** What a check read. A run leaves these properties out. */
function scopeOf(result: Result): Record<string, string | null> {
  const { root = null, check, pipeline } = result;
  if (root === null) return {};
  if (pipeline !== undefined) {
    const hops = pipeline.destinations.map(({ name, location }) => `${name}: ${location}`).join(', ');
    return {
      root: `${root}: from the producer on`,
      pipeline: pipeline.name,
      hops,
      provenance: pipelineProvenanceText(result),
    };
  }
  const scope = check && { sink: check.sink, rule: check.rule, range: rangesText(check) };
  return { root: `${root}: from the topic on`, ...scope, provenance: provenanceText(result) };
}

export interface JunitSuite {
  ms: number;
  /** A property that is null is not known, and is left out. */
  properties: Readonly<Record<string, string | number | null>>;
  cases: readonly JunitCase[];
}

export interface JunitCase {
  /** The class name after `nodrop.` */
  group: string;
  name: string;
  ms: number;
  state: Check['state'];
  /** The type of a failure or an error. */
  type: string;
  message: string;
  lines: readonly string[];
}

/** A document of one suite, without a newline at its end. */
export function junitDocument(name: string, { ms, properties, cases }: JunitSuite): string {
  const countOf = (state: Check['state']): number => cases.filter((each) => each.state === state).length;
  const counts = { tests: cases.length, failures: countOf('failed'), errors: countOf('undecided') };
  const time = seconds(ms);
  const known = Object.entries(properties).filter(([, value]) => value !== null);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${xmlAttributes({ name, ...counts, time })}>`,
    `  <testsuite${xmlAttributes({ name, ...counts, skipped: countOf('skipped'), time })}>`,
    '    <properties>',
    ...known.map(([property, value]) => {
      return `      <property${xmlAttributes({ name: property, value: shortText(String(value)) })}/>`;
    }),
    '    </properties>',
    ...cases.flatMap(testCase),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

const caseOf = (check: Check): JunitCase => ({
  ...check,
  type: check.kind ?? check.group,
});

function testCase(each: JunitCase): string[] {
  const { group, name, ms } = each;
  const attributes = xmlAttributes({ classname: `nodrop.${group}`, name, time: seconds(ms) });
  const children = childrenOf(each);
  if (children.length === 0) return [`    <testcase${attributes}/>`];
  return [`    <testcase${attributes}>`, ...children, '    </testcase>'];
}

const elements = { failed: 'failure', undecided: 'error' } as const;

function childrenOf({ state, type, message, lines }: JunitCase): string[] {
  const text = xmlText(lines.join('\n'));
  if (state === 'failed' || state === 'undecided')
    return [`      <${elements[state]}${xmlAttributes({ type, message })}>${text}</${elements[state]}>`];
  return [
    ...(state === 'skipped' ? [`      <skipped${xmlAttributes({ message })}/>`] : []),
    ...(lines.length === 0 ? [] : [`      <system-out>${text}</system-out>`]),
  ];
}

/** For a run driven by hand: the sum of the phases that are known. */
const elapsedMs = ({ totalMs, brokerStartMs, produceMs, drainMs, auditMs }: Timings): number =>
  totalMs ?? [brokerStartMs, produceMs, drainMs, auditMs].reduce<number>((sum, ms) => sum + (ms ?? 0), 0);

const seconds = (ms: number): string => (Math.max(0, ms) / 1_000).toFixed(3);

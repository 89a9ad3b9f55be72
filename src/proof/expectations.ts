/** What is expected of the messages of a run: evaluated once for each, as it is made. */
import { usageError } from '../errors.ts';
import type { Expectation, Rule } from '../config/config.ts';
import type { PreparedMessage } from '../config/outgoing-message.ts';
import type { Destination } from './destinations.ts';
import { auditRuleOf, expectedHere, timesOf } from './expected-here.ts';

export type AuditRule = 'once' | 'at-least-once' | 'latest';

/** How the messages of one destination are judged. */
export interface DestinationRule {
  rule: AuditRule;
  /** Under `latest`: where a message has its key, and its version. */
  latest: { key: string; version?: string } | undefined;
  /** Whether some messages have children there in their place. */
  hasChildren: boolean;
  /** Whether some messages belong at another destination instead. */
  isRouted: boolean;
}

const knownMax = 10_000;
const timesMax = 1_000;

export class Expectations {
  readonly #expecter: ((message: PreparedMessage) => Expectation) | undefined;
  readonly #destinations: readonly Destination[];
  readonly #rules = new Map<string, Omit<DestinationRule, 'isRouted' | 'hasChildren'>>();
  readonly #routed = new Set<string>();
  readonly #withChildren = new Set<string>();
  /** By text: whether the rules of the destinations were noted. */
  readonly #known = new Set<string>();
  /** How many messages a declared rule drops, by its reason. */
  readonly dropped = new Map<string, number>();

  /** `expecter`: undefined for the default, each message once at each destination. */
  constructor(
    destinations: readonly Destination[],
    expecter: ((message: PreparedMessage) => Expectation) | undefined,
  ) {
    this.#destinations = destinations;
    this.#expecter = expecter;
    if (expecter === undefined) this.#note(undefined);
  }

  /** As JSON; undefined for the default. Throws `usage` if messages of one destination have rules that do not go together. */
  textOf = (message: PreparedMessage): string | undefined => {
    if (this.#expecter === undefined) return undefined;
    const expectation = this.#expecter(message);
    const text = JSON.stringify(expectation);
    if ('dropped' in expectation) {
      const reason = expectation.dropped;
      this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1);
    }
    if (this.#known.has(text)) return text;
    this.#note(expectation);
    if (this.#known.size < knownMax) this.#known.add(text);
    return text;
  };

  ruleOf({ name }: Destination): DestinationRule {
    const known = this.#rules.get(name) ?? { rule: 'once', latest: undefined };
    return { ...known, isRouted: this.#routed.has(name), hasChildren: this.#withChildren.has(name) };
  }

  #note(expectation: Expectation | undefined): void {
    for (const destination of this.#destinations) {
      const { name } = destination;
      const here = expectedHere(expectation, destination);
      if (here === 'elsewhere') this.#routed.add(name);
      if (here === 'elsewhere' || 'dropped' in here) continue;
      this.#refusePositions(destination, here.rule, expectation);
      if (typeof here.rule === 'object' && 'balances' in here.rule) {
        throw usageError(
          `expect: balances at ${name} cannot be judged yet.`,
          'Name another rule for it, or leave it out.',
        );
      }
      if (typeof here.rule === 'object' && 'each' in here.rule) this.#withChildren.add(name);
      const times = timesOf(here.rule);
      if (!Number.isInteger(times) || times < 0 || times > timesMax) {
        throw usageError(`expect: times(${times}) at ${name} is no integer from 0 to ${timesMax}.`);
      }
      const latest = typeof here.rule === 'object' && 'latest' in here.rule ? here.rule.latest : undefined;
      const own = { rule: auditRuleOf(here.rule), latest };
      const known = this.#rules.get(name) ?? own;
      if (JSON.stringify(known) !== JSON.stringify(own)) {
        throw usageError(
          `expect gives messages of ${name} the rules ${known.rule} and ${own.rule}, or different keys: one destination has one of once, at-least-once and latest.`,
        );
      }
      this.#rules.set(name, known);
    }
  }

  /** A position tells of which record a row is, and a record is that of a child only if the topic has the children. */
  #refusePositions(
    { name, from, positionsOf, id }: Destination,
    rule: Rule,
    expectation: Expectation | undefined,
  ): void {
    if (positionsOf === undefined || typeof rule !== 'object') return;
    const before = this.#destinations.find((each) => each.name === from)!;
    const there = expectedHere(expectation, before);
    const areRecords =
      typeof there === 'object' && 'rule' in there && typeof there.rule === 'object' && 'each' in there.rule;
    if (!('latest' in rule) && (!('each' in rule) || areRecords)) return;
    throw usageError(
      `${name}: ${id.text} is a position, which does not tell of which key or child a row is.`,
      'Name the place of the key or of the id, or expect the rows with times.',
    );
  }
}

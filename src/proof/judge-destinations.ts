/**
 * Judges the destinations of a pipeline, each after the one that feeds it. A finding counts where it first shows: what a hop has
 * lost, changed or doubled is not held against those after it.
 */
import type { JudgedFacts } from '../check/judge-facts.ts';
import type { Blame, Cause, Example, Finding, FindingKind, SingleFinding } from '../result/verdict.ts';
import type { DestinationRole } from './proof-record.ts';

export interface JudgedDestination extends JudgedFacts {
  destination: DestinationRole;
  /** The messages of which something is wrong here or before, by id; at most `idsMax` of each. */
  lost: ReadonlySet<string>;
  wrong: ReadonlySet<string>;
}

/** A destination, ready to be judged. */
export interface Judgeable {
  readonly destination: DestinationRole;
  judge(options: {
    allowed: readonly Cause[];
    isMade: true;
    isConsequence: (finding: SingleFinding) => boolean;
    onFinding: (finding: SingleFinding) => void;
  }): Promise<JudgedFacts>;
}

/** What was found is remembered for so many messages of a destination. */
const idsMax = 1_000_000;

export async function judgeDestinations(
  checks: readonly Judgeable[],
  allowed: readonly Cause[],
  onFinding: (finding: SingleFinding) => void,
): Promise<JudgedDestination[]> {
  const judged = new Map<string, JudgedDestination>();
  const found = new Map<string, Set<string>>();
  for (const check of inOrder(checks)) {
    const { destination } = check;
    const { name, from } = destination;
    const own = new Set<string>();
    const [lost, wrong] = [new Set<string>(), new Set<string>()];
    const before = from === undefined ? undefined : found.get(from);
    const letters = checks.filter(({ destination: { deadLetters } }) => deadLetters).map((each) => found.get(each.destination.name));
    const isConsequence = (finding: SingleFinding): boolean => {
      const { kind, id } = finding;
      if (id === undefined) return false;
      const keys = keysOf(finding);
      if (own.size < idsMax) for (const key of keys) own.add(key);
      const ids = kind === 'lost' || kind === 'expired' ? lost : wrong;
      if (ids.size < idsMax) ids.add(id);
      if (keys.some((key) => before?.has(key))) return true;
      // What stands wrongly among the dead letters is missing for that reason.
      return kind === 'lost' && letters.some((each) => keysOf({ ...finding, kind: 'unexpected' }).some((key) => each?.has(key)));
    };
    const facts = await check.judge({
      allowed,
      isMade: true,
      isConsequence,
      onFinding: (finding) => onFinding(atDestination(destination, finding)),
    });
    found.set(name, own);
    const findings = facts.audit.findings.map((finding) => foundAt(destination, finding));
    judged.set(name, { ...facts, audit: { ...facts.audit, findings }, destination, lost, wrong });
  }
  return checks.map(({ destination: { name } }) => judged.get(name)!);
}

/**
 * What a finding is about: a message by its number, which its children share, or an id from nowhere. If a hop has lost a message,
 * the newest of its key is missing, too, and an older one is there.
 */
function keysOf({ kind, id, offset }: Pick<SingleFinding, 'kind' | 'id' | 'offset'>): string[] {
  const subject = offset === undefined ? `id ${id}` : `message ${offset}`;
  return kind === 'stale' ? [`stale ${subject}`, `lost ${subject}`] : [`${kind} ${subject}`];
}

/** Dead letters come before the others: they explain what is missing there. */
const inOrder = (checks: readonly Judgeable[]): Judgeable[] => {
  const letters = checks.filter(({ destination: { deadLetters } }) => deadLetters);
  const feeders = checks.filter((each) => letters.some((letter) => isBefore(checks, each, letter)));
  return [...new Set([...feeders, ...letters, ...checks])];
};

function isBefore(checks: readonly Judgeable[], one: Judgeable, other: Judgeable): boolean {
  for (let { from } = other.destination; from !== undefined;) {
    if (from === one.destination.name) return true;
    from = checks.find(({ destination: { name } }) => name === from)?.destination.from;
  }
  return false;
}

const foundAt = (destination: DestinationRole, finding: Finding): Finding => ({
  ...finding,
  ...renamed(destination, finding),
  hop: destination.name,
  examples: finding.examples.map((example) => ownExample(destination, example)),
});

const atDestination = (destination: DestinationRole, finding: SingleFinding): SingleFinding => ({
  ...ownExample(destination, finding),
  ...renamed(destination, finding),
  hop: destination.name,
});

/** The place in the evidence is the message's number, and the store is this destination. */
function ownExample<Found extends Example>(
  { name }: DestinationRole,
  { partition: _, offset, detail, ...example }: Found,
): Omit<Found, 'partition' | 'offset' | 'detail'> & Pick<Example, 'sequence' | 'detail'> {
  return {
    ...example,
    ...(offset !== undefined && { sequence: offset }),
    ...(detail !== undefined && { detail: detail.replace('the store', name) }),
  };
}

/** A destination has no log before it but what fed it: who is to blame follows from what it is. */
function renamed(
  { kind, topic, from, deadLetters }: DestinationRole,
  finding: { kind: FindingKind; blame: Blame },
): { kind: FindingKind; blame: Blame } {
  if (deadLetters && finding.kind === 'unexpected') return { kind: 'wrongly-dead-lettered', blame: finding.blame };
  if (kind === 'source')
    return { kind: finding.kind, blame: finding.kind === 'lost' || finding.kind === 'corrupted' ? 'broker' : 'producer' };
  const isEntry = from === undefined && topic !== undefined;
  return { kind: finding.kind, blame: isEntry ? 'producer' : finding.blame };
}

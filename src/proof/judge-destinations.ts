/**
 * Judges the destinations of a pipeline, each after the one that feeds it. A finding counts where it first shows: what a hop has
 * lost, changed or doubled is not held against those after it.
 */
import type { HopFiles } from '../check/facts/fact-files.ts';
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
  openLook(): HopFiles;
  judge(options: {
    allowed: readonly Cause[];
    made: { before: HopFiles | undefined };
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
    const letters = checks
      .filter(({ destination: { deadLetters } }) => deadLetters)
      .map((each) => found.get(each.destination.name));
    const isConsequence = (finding: SingleFinding): boolean => {
      const { kind, id } = finding;
      if (id === undefined) return false;
      const key = `${kind} ${id}`;
      if (own.size < idsMax) own.add(key);
      const ids = kind === 'lost' || kind === 'expired' ? lost : wrong;
      if (ids.size < idsMax) ids.add(id);
      if (before?.has(key) === true) return true;
      // What stands wrongly among the dead letters is missing for that reason.
      return kind === 'lost' && letters.some((each) => each?.has(`unexpected ${id}`) === true);
    };
    using look =
      from === undefined
        ? undefined
        : disposable(checks.find((each) => each.destination.name === from)!.openLook());
    const facts = await check.judge({
      allowed,
      made: { before: look?.files },
      isConsequence,
      onFinding: (finding) => onFinding(atDestination(destination, finding)),
    });
    found.set(name, own);
    const findings = facts.audit.findings.map((finding) => foundAt(destination, finding));
    judged.set(name, { ...facts, audit: { ...facts.audit, findings }, destination, lost, wrong });
  }
  return checks.map(({ destination: { name } }) => judged.get(name)!);
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
function ownExample<Found extends Example>({ name }: DestinationRole, found: Found): Found {
  const own: Found = { ...found };
  delete own.partition;
  delete own.offset;
  if (found.offset !== undefined) own.sequence = found.offset;
  if (found.detail !== undefined) own.detail = found.detail.replace('the store', name);
  return own;
}

/** A destination has no log before it but what fed it: who is to blame follows from what it is. */
function renamed(
  { kind, topic, from, deadLetters }: DestinationRole,
  finding: { kind: FindingKind; blame: Blame },
): { kind: FindingKind; blame: Blame } {
  if (deadLetters && finding.kind === 'unexpected')
    return { kind: 'wrongly-dead-lettered', blame: finding.blame };
  if (kind === 'source')
    return {
      kind: finding.kind,
      blame: finding.kind === 'lost' || finding.kind === 'corrupted' ? 'broker' : 'producer',
    };
  const isEntry = from === undefined && topic !== undefined;
  return { kind: finding.kind, blame: isEntry ? 'producer' : finding.blame };
}

const disposable = (files: HopFiles): Disposable & { files: HopFiles } => ({
  files,
  [Symbol.dispose]: () => files.close(),
});

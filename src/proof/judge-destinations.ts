/**
 * Judges the destinations of a pipeline, each after the one that feeds it. A finding counts where it first shows: if a hop has
 * lost, changed or doubled a message, the destinations after it are not blamed for that.
 */
import { FindingsSum } from '../check/suspicion.ts';
import type { JudgedFacts } from '../check/judge-facts.ts';
import type { Blame, Cause, Example, Finding, FindingKind, SingleFinding } from '../result/verdict.ts';
import type { DestinationRole } from './proof-record.ts';

export interface JudgedDestination extends JudgedFacts {
  /** All findings here, in one number. */
  found: FindingsSum;
  destination: DestinationRole;
  /** The messages of which something is wrong here or before, by their numbers; at most `foundMax` of each. */
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

/** So much of what was found is remembered of each destination. */
const foundMax = 1_000_000;

export async function judgeDestinations(
  checks: readonly Judgeable[],
  allowed: readonly Cause[],
  onFinding: (finding: SingleFinding) => void,
): Promise<JudgedDestination[]> {
  const judged = new Map<string, JudgedDestination>();
  const found = new Map<string, Found>();
  for (const check of inOrder(checks)) {
    const { destination } = check;
    const { name, from } = destination;
    const [own, lost, wrong] = [new Found(), new Found(), new Found()];
    const before = checks.find((each) => each.destination.name === from)?.destination;
    const letters = checks
      .filter((each) => each.destination.deadLetters)
      .map((each) => found.get(each.destination.name));
    const isConsequence = (finding: SingleFinding): boolean => {
      if (finding.id === undefined) return false;
      const names = namesOf(finding);
      const isOfChild = before?.hasChildren === true && destination.hasChildren;
      for (const name of destination.hasChildren ? [...names.message, ...names.child] : names.message)
        own.add(name);
      const { kind, offset } = finding;
      // A row from nowhere, and one of a message that was rejected, is none of an acknowledged message.
      if (offset !== undefined) (kind === 'lost' || kind === 'expired' ? lost : wrong).add(String(offset));
      if ((isOfChild ? names.child : names.message).some((name) => found.get(from!)?.has(name))) return true;
      // What stands wrongly among the dead letters is missing for that reason.
      return isMissing(kind) && letters.some((each) => each?.has(`unexpected ${subjectOf(finding)}`));
    };
    const sum = new FindingsSum();
    const facts = await check.judge({
      allowed,
      isMade: true,
      isConsequence,
      onFinding: (finding) => {
        sum.add(finding);
        onFinding(atDestination(destination, finding));
      },
    });
    found.set(name, own);
    const findings = facts.audit.findings.map((finding) => foundAt(destination, finding));
    judged.set(name, {
      ...facts,
      audit: { ...facts.audit, findings },
      destination,
      found: sum,
      lost,
      wrong,
    });
  }
  return checks.map(({ destination: { name } }) => judged.get(name)!);
}

/** Texts, as far as there is room for them. */
class Found extends Set<string> {
  override add(text: string): this {
    return this.size < foundMax ? super.add(text) : this;
  }
}

const isMissing = (kind: FindingKind): boolean => kind === 'lost' || kind === 'stale';

/** A message by its number, which its children share; or an id from nowhere. */
const subjectOf = ({ id, offset }: SingleFinding): string =>
  offset === undefined ? `id ${id}` : `message ${offset}`;

/**
 * The names of a finding: the children of a message share one. If a hop has lost a message, the newest of its key is missing after
 * it, too: then an older one is there.
 */
function namesOf(finding: SingleFinding): { message: string[]; child: string[] } {
  const kinds = finding.kind === 'stale' ? ['stale', 'lost'] : [finding.kind];
  const message = kinds.map((kind) => `${kind} ${subjectOf(finding)}`);
  return { message, child: message.map((name) => `${name} of ${finding.id}`) };
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

/** The faults that a safe pipeline survives: what each acts on, what it needs to take effect, and when it can act. */
import { faults } from '../faults/catalog.ts';
import { problemOf } from '../faults/fault-schedule.ts';
import type { Fault, PipelinePlan } from '../faults/fault.ts';
import { linkNameIn, linkOf } from '../faults/kinds/network.ts';
import type { ChaosPhase } from './coverage.ts';

export interface ChaosFault {
  /** Includes the detail after the colon. */
  name: string;
  /** Parts of the pipeline. Two simultaneous faults on one part would hide each other. */
  on: readonly string[];
  /** Whether those parts do nothing while the fault acts. */
  silences: boolean;
  /** Parts without which the fault would have no effect. */
  needs: readonly string[];
  /** A second fault that must act meanwhile; without it, this one would have no effect. */
  company: string | undefined;
  /** In ms; 0 for a fault that is over at once. */
  lastsMs: { min: number; max: number };
  /** The minimum time until the pipeline is as before. */
  takesMs: number;
  /** Counted from the first send. Before that the fault has nothing to act on. */
  earliestMs: number;
  phases: readonly ChaosPhase[];
  /** Whether it acts in the drain if it began before; otherwise another fault has to prolong the drain for it. */
  spansDrain: boolean;
}

/** No pipeline survives the deletion of records that it has not read yet. */
const unsafe = ['delete-records'];

type Traits = Partial<Omit<ChaosFault, 'name' | 'phases'>>;

/** The parts that a send needs, from producers to the topic. */
export const flow: readonly string[] = ['brokers', 'producer', 'link producer', 'link replication'];
/** The parts from producers to the store. */
const wholeFlow = [...flow, 'link consumer', 'consumer', 'link store', 'store'];

const broker: Traits = { on: ['brokers'], silences: true, spansDrain: false };
const producer: Traits = { on: ['producer'], silences: true };
const store: Traits = { on: ['store'], silences: true, needs: flow };

const traits: Record<string, Traits> = {
  'kill-leader': broker,
  'kill-broker': broker,
  'kill-controller': broker,
  'kill-majority': broker,
  'restart-brokers': broker,
  'pause-leader': broker,
  'pause-broker': broker,
  'pause-majority': broker,
  'kill-producer': producer,
  'pause-producer': producer,
  // The transactional id is asked for at the coordinator, and the producer notices at its next request.
  'fence-producer': { ...producer, needs: flow.filter((part) => part !== 'producer'), takesMs: 3_000 },
  // The coordinator looks for late transactions from time to time.
  'abandon-transaction': { ...producer, needs: flow.filter((part) => part !== 'producer'), takesMs: 10_000 },
  'kill-consumer': { on: ['consumer'], silences: true },
  // Some pauses are longer than the consumer's session.
  'pause-consumer': { on: ['consumer'], silences: true, lastsMs: { min: 1_000, max: 9_000 } },
  // A guest consumer takes seconds to start and to join the group, and longer on a slow link.
  'rebalance-storm': {
    on: ['consumer', 'link consumer'],
    needs: ['brokers', 'link store', 'store'],
    lastsMs: { min: 8_000, max: 9_000 },
  },
  // The group must notice that its consumers are gone, they must have committed before, and brokers must answer.
  'delete-offsets': {
    on: ['consumer'],
    silences: true,
    needs: ['brokers', 'link consumer', 'link store', 'store'],
    takesMs: 8_000,
    earliestMs: 1_500,
    spansDrain: true,
  },
  'lock-store': store,
  // The disk becomes full only once something has been written.
  'fill-disk': { ...store, needs: [...flow, 'link consumer', 'consumer'], earliestMs: 1_000 },
  'cut-commit': { ...store, on: ['store', 'link store'], needs: [...flow, 'link consumer', 'consumer'] },
  'restart-store': { ...store, on: ['store', 'link store'], needs: ['consumer'] },
  // The run checks at its end where the records went.
  poison: { on: ['topic'], needs: ['brokers'], spansDrain: true },
};

const needsOfLink: Record<string, readonly string[]> = {
  producer: ['brokers', 'producer'],
  // A consumer that waits for its store fetches nothing.
  consumer: ['brokers', 'consumer', 'link store', 'store'],
  replication: ['brokers'],
  store: wholeFlow.filter((part) => part !== 'link store'),
};

/** By link: the fault that closes its connections, so that `slow_close` has an effect. */
const company: Record<string, string> = {
  producer: 'kill-producer',
  consumer: 'kill-consumer',
  replication: 'kill-broker',
  store: 'kill-consumer',
};

function traitsOf(name: string, detail: string | undefined): Traits {
  if (detail === undefined) return traits[name]!;
  // The fault waits until a producer passes the point, and then a consumer.
  if (name === 'kill-producer') return { ...traits[name], needs: flow.filter((part) => part !== 'producer') };
  if (name === 'kill-consumer')
    return { ...traits[name], needs: wholeFlow.filter((part) => part !== 'consumer') };
  const link = linkOf(detail);
  const onLink: Traits = {
    on: [`link ${link}`],
    silences: name === 'cut',
    needs: needsOfLink[link]!,
    // Sends wait for replicas, which are late on a slow link.
    ...(link === 'replication' && { spansDrain: false }),
  };
  // The fault needs connections, but no traffic on them.
  if (name === 'reset_peer' && link === 'consumer') return { ...onLink, needs: ['brokers', 'consumer'] };
  if (name === 'reset_peer' && link === 'store') return { ...onLink, needs: ['consumer'] };
  if (name === 'slow_close') return { ...onLink, needs: ['brokers'], company: company[link]! };
  return onLink;
}

/** `name`: of the user's process on which the fault acts, or whose network it breaks. */
function traitsOfProcess(fault: string, name: string): Traits {
  const [itself, link] = [`process ${name}`, `link ${name}`];
  switch (fault) {
    case 'kill-process':
    case 'pause-process':
      return { on: [itself], silences: true };
    // It must become ready again, which may take brokers.
    case 'restart-process':
      return { on: [itself], silences: true, needs: ['brokers', link], takesMs: 5_000, spansDrain: true };
    case 'rebalance-storm':
      return { on: [itself, link], needs: ['brokers'], lastsMs: { min: 8_000, max: 9_000 } };
    // The end of a connection that comes late is its only effect.
    case 'slow_close':
      return { on: [link], needs: ['brokers'], company: `kill-process:${name}`, spansDrain: false };
    default:
      return { on: [link], silences: fault === 'cut', needs: ['brokers', itself] };
  }
}

const allPhases = ['beginning', 'sending', 'draining'] as const;

/**
 * Producers are gone once all is sent. In a user's pipeline, nothing prolongs the drain for a fault that cannot begin
 * before.
 */
function phasesOf({ on, spansDrain }: ChaosFault, isUsers: boolean): readonly ChaosPhase[] {
  const isOver = on.some((part) => part === 'producer' || part === 'link producer');
  return isOver || (isUsers && !spansDrain) ? ['beginning', 'sending'] : allPhases;
}

/** All faults that are possible in this pipeline, once for each detail (the place where they act). */
export function chaosFaults(plan: PipelinePlan): ChaosFault[] {
  const possible = faults
    .filter(({ name }) => !unsafe.includes(name))
    .flatMap((fault) =>
      detailsOf(fault, plan)
        .filter((detail) => isPossible(fault, plan, detail))
        .map((detail) => chaosFault(fault, plan, detail)),
    );
  const names = new Set(possible.map(({ name }) => name));
  // A container cannot be killed, so nothing would keep company with a fault that needs that.
  return possible.filter(({ company }) => company === undefined || names.has(company));
}

/** The names of points are not known: processes are killed at any time. */
function detailsOf(
  { details = [], takesProcess }: Fault,
  { processes }: PipelinePlan,
): (string | undefined)[] {
  const names = takesProcess === undefined ? [] : [...(processes?.keys() ?? [])];
  const hasAnswers = details.some((detail) => detail.endsWith('-acks'));
  const answers = hasAnswers ? names.map((name) => `${name}-acks`) : [];
  return [undefined, ...new Set([...details, ...names, ...answers])];
}

const isPossible = (fault: Fault, plan: PipelinePlan, detail: string | undefined): boolean =>
  problemOf(fault, plan, { detail, value: fault.value?.standard, lastsMs: 1_000 }) === undefined;

function chaosFault(fault: Fault, plan: PipelinePlan, detail: string | undefined): ChaosFault {
  const { processes } = plan;
  const named = detail && processes && linkNameIn(detail, [...processes.keys()]);
  const traits = named ? traitsOfProcess(fault.name, named) : traitsOf(fault.name, detail);
  const isLasting = fault.lastsMs !== undefined;
  const chaos: ChaosFault = {
    name: detail === undefined ? fault.name : `${fault.name}:${detail}`,
    on: [],
    silences: false,
    needs: [],
    company: undefined,
    // The brokers stop and start one after the other.
    takesMs: fault.name === 'restart-brokers' ? plan.brokers * 3_500 : 0,
    earliestMs: 0,
    phases: allPhases,
    spansDrain: isLasting,
    lastsMs: isLasting ? { min: 1_000, max: 6_000 } : { min: 0, max: 0 },
    ...traits,
  };
  return { ...chaos, phases: phasesOf(chaos, processes !== undefined) };
}

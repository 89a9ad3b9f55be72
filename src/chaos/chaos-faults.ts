/** The faults that a safe pipeline survives: what each acts on, what it needs to be felt, and when it can act. */
import { faults } from '../faults/catalog.ts';
import type { PipelinePlan } from '../faults/fault.ts';
import { linkOf } from '../faults/kinds/network.ts';
import type { ChaosPhase } from './coverage.ts';

export interface ChaosFault {
  /** With what stands behind the colon. */
  name: string;
  /** Parts of the pipeline: two faults at once on one part would hide each other. */
  on: readonly string[];
  /** Nothing comes from those parts while it acts. */
  silences: boolean;
  /** Parts without which nobody would feel it. */
  needs: readonly string[];
  /** A fault in whose midst nobody feels it unless this one acts too. */
  company: string | undefined;
  /** In ms; 0 for one that is over by itself. */
  lastsMs: { min: number; max: number };
  /** At least, until all is as before. */
  takesMs: number;
  /** From the first send on: before that there is nothing that it could act on. */
  earliestMs: number;
  phases: readonly ChaosPhase[];
  /** Whether it acts in the drain if it began before; else something has to hold the drain up for it. */
  spansDrain: boolean;
}

/** What was not read yet and is deleted, no pipeline survives. */
const unsafe = ['delete-records'];

type Traits = Partial<Omit<ChaosFault, 'name' | 'phases'>>;

/** From producers to the topic: what sends need. */
export const flow: readonly string[] = ['brokers', 'producer', 'link producer', 'link replication'];
/** And on to the store. */
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
  'kill-consumer': { on: ['consumer'], silences: true },
  // Longer than its session, too.
  'pause-consumer': { on: ['consumer'], silences: true, lastsMs: { min: 1_000, max: 9_000 } },
  // A guest takes seconds to start and to join, and on a slow link longer than that.
  'rebalance-storm': {
    on: ['consumer', 'link consumer'],
    needs: ['brokers', 'link store', 'store'],
    lastsMs: { min: 8_000, max: 9_000 },
  },
  // Its consumers have to be missed, and to have committed something before; and brokers are asked.
  'delete-offsets': {
    on: ['consumer'],
    silences: true,
    needs: ['brokers', 'link consumer', 'link store', 'store'],
    takesMs: 8_000,
    earliestMs: 1_500,
    spansDrain: true,
  },
  'lock-store': store,
  // A disk is full once something has grown.
  'fill-disk': { ...store, needs: [...flow, 'link consumer', 'consumer'], earliestMs: 1_000 },
  'cut-commit': { ...store, on: ['store', 'link store'], needs: [...flow, 'link consumer', 'consumer'] },
  'restart-store': { ...store, on: ['store', 'link store'], needs: ['consumer'] },
  // Where they went is seen at the end.
  poison: { on: ['topic'], needs: ['brokers'], spansDrain: true },
};

const needsOfLink: Record<string, readonly string[]> = {
  producer: ['brokers', 'producer'],
  // A consumer that waits for its store fetches nothing more.
  consumer: ['brokers', 'consumer', 'link store', 'store'],
  replication: ['brokers'],
  store: wholeFlow.filter((part) => part !== 'link store'),
};

/** By which connections come to an end, and when. */
const company: Record<string, string> = {
  producer: 'kill-producer',
  consumer: 'kill-consumer',
  replication: 'kill-broker',
  store: 'kill-consumer',
};

function traitsOf(name: string, detail: string | undefined): Traits {
  if (detail === undefined) return traits[name]!;
  // It waits for a consumer that comes by.
  if (name === 'kill-consumer')
    return { ...traits[name], needs: wholeFlow.filter((part) => part !== 'consumer') };
  const link = linkOf(detail);
  const onLink: Traits = {
    on: [`link ${link}`],
    silences: name === 'cut',
    needs: needsOfLink[link]!,
    // Sends wait for replicas: those of a link that is slow come late.
    ...(link === 'replication' && { spansDrain: false }),
  };
  // There have to be connections; whether anything passes is the same.
  if (name === 'reset_peer' && link === 'consumer') return { ...onLink, needs: ['brokers', 'consumer'] };
  if (name === 'reset_peer' && link === 'store') return { ...onLink, needs: ['consumer'] };
  if (name === 'slow_close') return { ...onLink, needs: ['brokers'], company: company[link]! };
  return onLink;
}

const allPhases = ['beginning', 'sending', 'draining'] as const;

/** Once there is nothing to send any more, producers are gone. */
const phasesOf = (on: readonly string[]): readonly ChaosPhase[] =>
  on.some((part) => part === 'producer' || part === 'link producer') ? ['beginning', 'sending'] : allPhases;

/** All that this pipeline allows for, once for each place where it may act. */
export function chaosFaults(plan: PipelinePlan): ChaosFault[] {
  return faults
    .filter(({ name }) => !unsafe.includes(name))
    .flatMap((fault) =>
      [undefined, ...(fault.details ?? [])]
        .filter(
          (detail) =>
            fault.problem(plan, { detail, value: fault.value?.standard, lastsMs: 1_000 }) === undefined,
        )
        .map((detail) => {
          const { on = [], ...others } = traitsOf(fault.name, detail);
          const isLasting = fault.lastsMs !== undefined;
          return {
            name: detail === undefined ? fault.name : `${fault.name}:${detail}`,
            on,
            silences: false,
            needs: [],
            company: undefined,
            // They stop and start one after the other.
            takesMs: fault.name === 'restart-brokers' ? plan.brokers * 3_500 : 0,
            earliestMs: 0,
            phases: phasesOf(on),
            spansDrain: isLasting,
            lastsMs: isLasting ? { min: 1_000, max: 6_000 } : { min: 0, max: 0 },
            ...others,
          };
        }),
    );
}

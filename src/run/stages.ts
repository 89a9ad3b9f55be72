/** The stages of a run, which are its producers and consumers, and the events that they have reported. */
import type { ScheduledFault } from '../faults/fault-schedule.ts';
import { consumerPoints, pausesWhenTold, producerPoints } from '../pipeline/stage/failpoints.ts';
import type { Stage, StageEvent, StageExit, StageOrder, StageRole } from '../pipeline/stage/stage.ts';
import { startOneMore, startStages } from '../pipeline/stage/stage-group.ts';
import type { Announcer } from './announcer.ts';
import type { RunSpec } from './run-spec.ts';

export class Stages {
  readonly producers: readonly Stage[];
  readonly consumers: readonly Stage[];
  readonly #spec: RunSpec;
  /** Environment variables of every consumer: they lead it through a proxy to the store, where a fault breaks that link. */
  readonly #consumerVariables: Readonly<Record<string, string>>;
  readonly #ledgersOpened = Promise.withResolvers<void>();
  readonly #consumersReady = Promise.withResolvers<void>();
  readonly #ready = new Set<number>();
  #ledgersMissing: number;
  #stalledAtBroker: Set<number> | undefined;

  /** Starts the stages: they load while Kafka starts, and then wait for its address. */
  constructor(spec: RunSpec, announcer: Announcer, consumerVariables: Readonly<Record<string, string>>) {
    this.#spec = spec;
    this.#consumerVariables = consumerVariables;
    const progress = (label: string) => (done: number) => announcer.progress(label, done, spec.messages);
    this.#ledgersMissing = spec.producers.length;
    this.producers = startStages(
      'producer',
      spec.producers,
      spec.folder,
      progress('produced'),
      ({ type }) => {
        if (type === 'ledger-opened' && --this.#ledgersMissing === 0) this.#ledgersOpened.resolve();
      },
      isPausing('producer', spec.faults) ? pausesWhenTold : {},
    ).stages;
    this.consumers = startStages(
      'consumer',
      spec.consumers,
      spec.folder,
      progress('stored'),
      (event, index) => this.#hearConsumer(event, index),
      // A pause point makes the consumer do one step after the other, which is slower: only if a fault needs it.
      { ...consumerVariables, ...(isPausing('consumer', spec.faults) && pausesWhenTold) },
    ).stages;
  }

  get all(): readonly Stage[] {
    return [...this.producers, ...this.consumers];
  }

  /** Partitions from which a consumer got no answer; undefined unless a consumer gave up or hung. */
  get stalledAtBroker(): ReadonlySet<number> | undefined {
    return this.#stalledAtBroker;
  }

  /** Call it when a consumer has given up or hangs. */
  noteStall(atBroker: readonly number[] = []): void {
    this.#stalledAtBroker = new Set([...(this.#stalledAtBroker ?? []), ...atBroker]);
  }

  /** Starts a guest consumer, which joins the group but is not one of the run's. */
  startOneMore(onEvent: (event: StageEvent) => void): Stage {
    const instance = this.#spec.settings['group.instance.id'];
    // A second static member of that id would expel the first.
    const own = instance === undefined ? [] : ['-X', `group.instance.id=${instance}-guest`];
    const args = [...this.#spec.consumers[0]!, ...own];
    return startOneMore(args, this.#spec.folder, onEvent, this.#consumerVariables);
  }

  tell(role: StageRole, order: StageOrder): void {
    for (const stage of this.#of(role)) stage.tell(order);
  }

  signal(signal: 'SIGTERM' | 'SIGKILL', stages = this.all): void {
    for (const stage of stages) stage.signal(signal);
  }

  /** The exits of all stages of a role, once all have ended. */
  async ends(role: StageRole): Promise<StageExit[]> {
    return await Promise.all(this.#of(role).map(({ exited }) => exited));
  }

  /** Waits until all producers have opened their ledgers, or one has ended. */
  async untilLedgersOpened(): Promise<void> {
    await Promise.race([this.#ledgersOpened.promise, ...this.producers.map(({ exited }) => exited)]);
  }

  /** Waits until each consumer has its assignment, or a stage has ended. */
  async untilReady(): Promise<void> {
    await Promise.race([this.#consumersReady.promise, ...this.all.map(({ exited }) => exited)]);
  }

  #of(role: StageRole): readonly Stage[] {
    return role === 'producer' ? this.producers : this.consumers;
  }

  #hearConsumer(event: StageEvent, index: number): void {
    if (event.type === 'stalled') this.noteStall(event.atBroker);
    if (event.type === 'ready' && this.#ready.add(index).size === this.consumers.length) {
      this.#consumersReady.resolve();
    }
  }
}

const points = { producer: producerPoints, consumer: consumerPoints };

const isPausing = (role: StageRole, faults: readonly ScheduledFault[]): boolean =>
  faults.some(
    ({ fault, detail }) => fault.stopsAtPoint === role || points[role].some((point) => point === detail),
  );

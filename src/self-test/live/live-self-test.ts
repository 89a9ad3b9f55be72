/** The live self-test: plants each defect in a pipeline of its own, and reports which ones the audit caught. */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { messageOf, unavailableError } from '../../errors.ts';
import type { KafkaChoice } from '../../kafka/broker/versions.ts';
import { clientFromSettings } from '../../kafka/client/client-from-settings.ts';
import { readSettingsFile } from '../../kafka/client/client-settings.ts';
import { removeRun } from '../../run-folder/remove-run.ts';
import { startKafka } from '../../kafka/broker/start-kafka.ts';
import { atBegin } from '../../pipeline/stage/stage-end.ts';
import type { Result } from '../../result/result.ts';
import type { Detection } from '../histories/self-test.ts';
import { inTransactions, judgeLive, type LiveDefect, type Trial } from './live-defect.ts';
import { liveDefects } from './live-defects.ts';
import { LivePipeline, type LiveGround } from './live-pipeline.ts';
import { removeStore } from '../../stores/engines.ts';
import type { Finding, Verdict } from '../../result/verdict.ts';

/** The maximum number of simultaneous pipelines, each of which has a few processes. */
const lanesMax = 4;

export interface LiveDetection extends Detection {
  expected: LiveDefect['expected'];
  /** False if the defect took no effect: then it proves nothing, and counts as not found. */
  planted: boolean;
  /** null if there is no result. */
  verdict: Verdict | null;
  findings: Pick<Finding, 'kind' | 'blame' | 'cause' | 'count'>[];
  /** The reason why the trial did not reach its end. */
  problem: string | null;
  /** The folders of runs with an unexpected outcome. */
  evidence: string[];
  ms: number;
}

export interface LiveObserver {
  status(text: string): void;
  note(line: string): void;
  /** Called for each defect when its trial is done. */
  detected(detection: LiveDetection): void;
}

export interface LiveOptions {
  /** The folder for the evidence of defects that were not caught. */
  dir: string;
  /** A database; undefined: each pipeline has a file. */
  store: string | undefined;
  seed: number;
  kafka: KafkaChoice;
  timeoutMs: number;
  /** The producers write transactions. */
  transactional: boolean;
}

/** Starts one Kafka for all pipelines. Throws `unavailable` if that fails, and the signal's reason. */
export async function liveSelfTest(
  { kafka: choice, timeoutMs, ...place }: LiveOptions,
  observer: LiveObserver,
  signal: AbortSignal,
): Promise<LiveDetection[]> {
  observer.status('starting Apache Kafka');
  await using kafka = await startKafka({
    ...choice,
    timeoutMs,
    signal,
    onProgress: (line) => observer.status(line),
  });
  const ended = new AbortController();
  void kafka.exited.then(({ name, code }) =>
    ended.abort(unavailableError(`${atBegin(name)} ended by itself with ${code}.`)),
  );
  const { bootstrapServers, brokers, clientProperties, adminProperties } = kafka;
  const admin = adminProperties === undefined ? {} : clientFromSettings(readSettingsFile(adminProperties));
  const secured = { commandConfig: clientProperties, admin };
  const ground = {
    ...place,
    ...secured,
    bootstrapServers,
    brokers,
    signal: AbortSignal.any([signal, ended.signal]),
  };
  return await detectAll(ground, observer);
}

/** Runs several pipelines at once, since a pipeline mostly waits. Defects that disturb the others come last, alone. */
export async function detectAll(
  ground: LiveGround,
  observer: LiveObserver,
  all: readonly LiveDefect[] = liveDefects,
): Promise<LiveDetection[]> {
  const defects = ground.transactional === true ? inTransactions(all) : all;
  const trials = new Trials(ground, (line) => observer.note(line));
  const detections: LiveDetection[] = [];
  const detect = async (index: number): Promise<void> => {
    const defect = defects[index]!;
    const beganAtMs = performance.now();
    observer.status(`${detections.length + 1}/${defects.length}: ${defect.name}`);
    const twin = await trials.twinOf(defect, index);
    const spoilt = await trials.carryOut(defect, `${index}`, (trial) => isCaught(defect, trial));
    const ms = Math.round(performance.now() - beganAtMs);
    const detection = detectionOf(defect, spoilt, twin, ms);
    detections[index] = detection;
    observer.detected(detection);
  };
  const [alone, together] = [true, false].map((isAlone) =>
    [...defects.keys()].filter((index) => (defects[index]!.isAlone === true) === isAlone),
  );
  await inLanes(Math.min(lanesMax, availableParallelism()), together!, detect);
  await inLanes(1, alone!, detect);
  return detections;
}

/** Each lane takes the next index when it has done one. An error is thrown only after all lanes have ended. */
async function inLanes(
  lanes: number,
  indexes: readonly number[],
  act: (index: number) => Promise<void>,
): Promise<void> {
  const left = indexes.values();
  const lane = async (): Promise<void> => {
    for (const index of left) await act(index);
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

interface Outcome {
  /** undefined if it did not reach its end. */
  trial: Trial | undefined;
  problem: string | null;
  /** The paths of folders, if the outcome is unexpected. */
  evidence: string[];
}

class Trials {
  readonly #ground: LiveGround;
  readonly #note: (line: string) => void;
  /** By the name of the scenario. */
  readonly #twins = new Map<string, Promise<Outcome>>();

  constructor(ground: LiveGround, note: (line: string) => void) {
    this.#ground = ground;
    this.#note = note;
  }

  /** The clean twin of a scenario is carried out only once. */
  async twinOf({ scenario, twin }: LiveDefect, index: number): Promise<Outcome> {
    if (twin !== undefined) return await this.carryOut(twin, `${index}-twin`, isClean);
    let clean = this.#twins.get(scenario.name);
    if (clean === undefined) {
      clean = this.carryOut({ scenario, planting: {} }, `${index}-twin`, isClean);
      this.#twins.set(scenario.name, clean);
    }
    return await clean;
  }

  /** Removes everything that the pipeline left, except its topic. */
  async #remove({ folder, store }: LivePipeline): Promise<void> {
    const left = [await removeRun(folder), await removeStore(store, folder.id)];
    for (const line of left) if (line !== undefined) this.#note(line);
  }

  /** Keeps the pipeline's folder only if `isWell` is false. */
  async carryOut(
    { scenario, planting }: Pick<LiveDefect, 'scenario' | 'planting'>,
    name: string,
    isWell: (trial: Trial) => boolean,
  ): Promise<Outcome> {
    const { seed, signal } = this.#ground;
    const id = `self-test-${seed}-${name}-${randomBytes(2).toString('hex')}`;
    const pipeline = new LivePipeline(this.#ground, Number.parseInt(name, 10), id);
    const evidence = [pipeline.folder.path];
    try {
      const trial = await scenario.go(pipeline, planting);
      const problem = trial.result === undefined ? `no result: ${lastLineOf(trial.said)}` : null;
      if (!isWell(trial)) return { trial, problem, evidence };
      await this.#remove(pipeline);
      return { trial, problem, evidence: [] };
    } catch (error) {
      if (!signal.aborted) return { trial: undefined, problem: messageOf(error), evidence };
      await this.#remove(pipeline);
      throw signal.reason;
    }
  }
}

const lastLineOf = (said: string): string => said.trim().split('\n').at(-1) ?? '';

const isClean = ({ cameAbout, result }: Trial): boolean =>
  cameAbout && result?.verdict === 'pass' && result.findings.length === 0;

function isCaught({ expected }: LiveDefect, { cameAbout, result }: Trial): boolean {
  if (!cameAbout || result === undefined) return false;
  const { found, blamedRightly } = judgeLive(expected, result);
  return found && blamedRightly;
}

function detectionOf(
  defect: LiveDefect,
  { trial, problem, evidence }: Outcome,
  twin: Outcome,
  ms: number,
): LiveDetection {
  const { name, hop, expected } = defect;
  const planted = trial?.cameAbout === true;
  const result: Result | undefined = trial?.result;
  const judged =
    planted && result !== undefined ? judgeLive(expected, result) : { found: false, blamedRightly: false };
  return {
    defect: name,
    hop,
    ...judged,
    twinSilent: twin.trial !== undefined && isClean(twin.trial),
    expected,
    planted,
    verdict: result?.verdict ?? null,
    findings: (result?.findings ?? []).map(({ kind, blame, cause, count }) => ({
      kind,
      blame,
      count,
      ...(cause && { cause }),
    })),
    problem: problem ?? (twin.problem === null ? null : `its twin: ${twin.problem}`),
    evidence: [...evidence, ...twin.evidence],
    ms,
  };
}

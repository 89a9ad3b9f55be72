/** Runs each mutant with several seeds, and counts how often it occurred, was found, and was blamed rightly. */
import { expect, inject, test } from 'vitest';
import { liveMutants, type LiveMutant } from './live-mutants.ts';
import { Trial, type Outcome } from './trial.ts';

const firstSeed = Number(process.env['NODROP_SOAK_SEED'] ?? Date.now() % 1_000_000);
const trialMsMax = 150_000;
/** The least share of the mutants that occurred. */
const blamedShareMin = 0.95;

/** The outcome as one line. */
const lineOf = ({ fired, result }: Outcome): string => {
  const findings = result.findings.map(
    ({ kind, blame, count, cause }) => `${kind} ${blame} ${count}${cause ? ` (${cause})` : ''}`,
  );
  const faults = result.faults.map(
    ({ schedule, tookEffect }) => `${schedule}${tookEffect ? '' : ' (in vain)'}`,
  );
  return `${fired ? 'came about' : 'did not come about'}: ${result.verdict}, ${findings.join(', ') || 'no finding'}; ${faults.join(' ')}`;
};

function judge({ expected }: LiveMutant, { result }: Outcome): 'blamed' | 'found' | 'missed' {
  // A stall fails no run. Added partitions count as stalled until the group is reassigned and reads them.
  const isStallMeant = expected !== 'nothing' && expected.kinds.includes('stalled');
  const findings = result.findings.filter(({ kind }) => isStallMeant || kind !== 'stalled');
  if (expected === 'nothing') return findings.length === 0 ? 'blamed' : 'missed';
  const isRight = findings.every(
    ({ kind, blame, cause }) =>
      expected.kinds.includes(kind) &&
      blame === expected.blame &&
      (expected.cause === undefined || cause === expected.cause),
  );
  if (findings.length === 0) return 'missed';
  return isRight ? 'blamed' : 'found';
}

/** With `underChaos`, each run has random faults in addition. */
export function tryMutants(seeds: number, underChaos: boolean): void {
  const servers = { bootstrapServers: inject('bootstrapServers'), postgres: inject('postgres') };
  const total = { trials: 0, fired: 0, found: 0, blamed: 0, survived: 0, falseAlarms: 0 };

  test.each(liveMutants)(
    'the audit judges $name rightly',
    { timeout: seeds * trialMsMax },
    async (mutant) => {
      let fired = 0;
      const missed: string[] = [];
      for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
        const outcome = await mutant.run(
          new Trial(seed, servers, underChaos ? liveMutants.indexOf(mutant) : undefined),
        );
        const judged = judge(mutant, outcome);
        const line = `${mutant.name}, seed ${seed}: ${judged}, ${lineOf(outcome)}`;
        process.stderr.write(`${line}\n`);
        total.trials += 1;
        if (!outcome.fired) continue;
        fired += 1;
        if (judged === 'missed') missed.push(line);
        if (mutant.expected === 'nothing') total[judged === 'blamed' ? 'survived' : 'falseAlarms'] += 1;
        else {
          total.fired += 1;
          if (judged !== 'missed') total.found += 1;
          if (judged === 'blamed') total.blamed += 1;
        }
      }
      expect(missed).toEqual([]);
      expect(fired, 'it came about at least once').toBeGreaterThan(0);
    },
  );

  test('each mutant that occurred was found, and at least 95 % were blamed rightly', () => {
    process.stderr.write(`${JSON.stringify(total)}\n`);
    expect(total.found).toBe(total.fired);
    expect(total.blamed).toBeGreaterThanOrEqual(blamedShareMin * total.fired);
  });
}

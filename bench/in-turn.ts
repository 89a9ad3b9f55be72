/** Measures several things in turn, round by round, so that other load on the machine affects all of them alike. */
export interface Contestant<Sample> {
  name: string;
  rounds: number;
  once: () => Promise<Sample>;
}

/** By name, one sample per round. */
export async function inTurn<Sample extends { seconds: number }>(
  contestants: readonly Contestant<Sample>[],
  say: (line: string) => void,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]));
  const rounds = Math.max(...contestants.map(({ rounds }) => rounds));
  for (let round = 1; round <= rounds; round++) {
    for (const { name, once } of contestants.filter((contestant) => round <= contestant.rounds)) {
      const sample = await once();
      say(`round ${round} of ${rounds}: ${name}: ${sample.seconds.toFixed(2)} s`);
      samples.get(name)!.push(sample);
    }
  }
  return samples;
}

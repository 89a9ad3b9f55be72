/** How much is measured, and how often. */
export interface Plan {
  /** `trial`: fewer messages, to see whether the bench works. Its figures say nothing. */
  mode: 'whole' | 'quick' | 'trial';
  messages: number;
  /** Ten times as many; undefined where there is no time for them. */
  largeMessages: number | undefined;
  rounds: number;
  largeRounds: number;
  /** Of what has no limit and takes long. */
  libraryRounds: number;
  growthRounds: number;
  growthMessages: number;
  /** At most so many bytes of payload at each step of the growth. */
  growthBytesMax: number;
  /** Of a run at a given rate. */
  latencySeconds: number;
  verdictRounds: number;
  storeRows: number;
  storeRounds: number;
  /** Of the bench as a whole. */
  minutesMax: number;
}

const million = 1_000_000;

export const wholePlan: Plan = {
  mode: 'whole',
  messages: million,
  largeMessages: 10 * million,
  rounds: 5,
  largeRounds: 3,
  libraryRounds: 5,
  growthRounds: 3,
  growthMessages: million,
  growthBytesMax: 1000 * million,
  latencySeconds: 30,
  verdictRounds: 5,
  storeRows: million,
  storeRounds: 3,
  minutesMax: 40,
};

export const quickPlan: Plan = {
  mode: 'quick',
  messages: million,
  largeMessages: undefined,
  rounds: 3,
  largeRounds: 0,
  libraryRounds: 1,
  growthRounds: 1,
  growthMessages: 200_000,
  growthBytesMax: 200 * million,
  latencySeconds: 10,
  verdictRounds: 2,
  storeRows: 200_000,
  storeRounds: 1,
  minutesMax: 5,
};

export const trialPlan = (messages: number): Plan => ({
  ...quickPlan,
  mode: 'trial',
  messages,
  largeMessages: messages * 10,
  rounds: 2,
  largeRounds: 1,
  growthMessages: messages,
  growthBytesMax: 20 * million,
  latencySeconds: 4,
  verdictRounds: 1,
  storeRows: messages,
});

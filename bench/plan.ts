/** How much the bench measures, and how often. */
export interface Plan {
  /** `trial`: fewer messages, to see whether the bench works. Its figures mean nothing. */
  mode: 'whole' | 'quick' | 'trial';
  messages: number;
  /** Ten times as many messages; undefined if there is no time for them. */
  largeMessages: number | undefined;
  rounds: number;
  largeRounds: number;
  /** Rounds of the client library's own consumer and producer, which have no limit and take long. */
  libraryRounds: number;
  growthRounds: number;
  growthMessages: number;
  /** The limit of payload bytes in each step of the part `growth`. */
  growthBytesMax: number;
  /** Of the part `security`, which measures with `growthMessages`. */
  securityRounds: number;
  /** The duration of a run at a given rate. */
  latencySeconds: number;
  verdictRounds: number;
  storeRows: number;
  storeRounds: number;
  /** The time limit of the whole bench. */
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
  securityRounds: 3,
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
  securityRounds: 1,
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

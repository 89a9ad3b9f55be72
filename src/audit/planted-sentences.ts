/** A run with planted defects never passes: a pass would not be about the pipeline that ships. */
export const plantedSentences = (sabotage: string | undefined): string[] =>
  sabotage ? [`NODROP_SABOTAGE planted a defect in this run: ${sabotage}.`] : [];

/** A run with defects that were planted on purpose never passes: the pipeline that ships would be another one. */
export const plantedSentences = (sabotage: string | undefined): string[] =>
  sabotage ? [`NODROP_SABOTAGE planted a defect in this run: ${sabotage}.`] : [];

export const nodeProblem: string | undefined;

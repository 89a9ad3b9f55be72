/** `since`: by `performance.now()`. */
export const elapsedMs = (since: number): number => Math.round(performance.now() - since);

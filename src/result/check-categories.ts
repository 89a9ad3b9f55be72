/** Names that stand beside the categories of a check, and are shown only if something is there. */
const asides: readonly string[] = ['(none)', 'dead-letters'];

export const isThere = (name: string, count: number): boolean => count > 0 || !asides.includes(name);

/**
 * Whether this Node is new enough. Any Node has to be able to read this file, and what imports it before all else:
 * no syntax and no named import that an old one lacks.
 */
const [major, minor] = process.versions.node.split('.').map(Number);

/** Why it does not do; undefined where it does. */
export const nodeProblem =
  major > 24 || (major === 24 && minor >= 6)
    ? undefined
    : `nodrop needs Node 24.6 or newer; this is ${process.version}.`;

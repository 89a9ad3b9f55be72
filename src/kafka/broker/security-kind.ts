/** How clients prove to a secured cluster who they are. */
export const securityKinds = ['ssl', 'mtls', 'sasl-plain', 'sasl-scram'] as const;

/**
 * `ssl`: not at all. `mtls`: with a certificate. `sasl-plain`, `sasl-scram`: with a name and a password. Connections
 * are encrypted in each.
 */
export type SecurityKind = (typeof securityKinds)[number];

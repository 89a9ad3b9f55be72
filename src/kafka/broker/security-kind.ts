/** How clients prove to a secured cluster who they are. */
export const securityKinds = ['ssl', 'mtls', 'sasl-plain', 'sasl-scram', 'sasl-oauthbearer'] as const;

/**
 * `ssl`: not at all. `mtls`: with a certificate. `sasl-plain`, `sasl-scram`: with a name and a password.
 * `sasl-oauthbearer`: with a token that they get for those. Connections to brokers are encrypted in each.
 */
export type SecurityKind = (typeof securityKinds)[number];

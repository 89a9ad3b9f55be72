/** The cluster answered, but is not ready for the request: another attempt may succeed. */
export class NotReadyError extends Error {}

/** Milliseconds since 1970. An argument everywhere, so that tests need not wait. */
export type Clock = () => number;

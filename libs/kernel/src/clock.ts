/** Tells the time; the real one is `() => new Date()`, tests pass a fixed one. */
export type Clock = () => Date;

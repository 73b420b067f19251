/** Whether an instant has come; one that cannot be read never has. */
export const isOver = (instant: string, at: string): boolean =>
  Date.parse(at) >= Date.parse(instant);

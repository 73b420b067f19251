/** What one proxy allows; humans are asked no more than they can look at. */
export interface HoldLimits {
  /** Holds of one agent that wait at the same time. */
  readonly openPerAgent: number;
  /** Holds of one agent begun in any hour. */
  readonly perAgentAndHour: number;
  /** How long humans have to decide. */
  readonly decideSeconds: number;
  /** How long after the approval the call may come again. */
  readonly approvalSeconds: number;
}

/** How long the same call stays refused after a denial. */
export const DENIAL_SECONDS = 10 * 60;

/** Above which an event would not fit into a message of NATS (1 MiB) with room to spare. */
export const MAX_HELD_CHARACTERS = 400_000;

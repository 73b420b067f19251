/**
 * A peer sent bytes that are no frames of the protocol that was agreed on, or that another reader might read
 * otherwise. The session ends; `message` never holds a byte of what came.
 */
export class BrokenFrames extends Error {
  override readonly name = 'BrokenFrames';
}

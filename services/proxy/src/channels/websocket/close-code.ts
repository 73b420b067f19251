import type { ChannelEnd } from '../channel-codec.js';
import { closeCodes } from './websocket-frames.js';

const byKind: Readonly<Record<ChannelEnd['kind'], number>> = {
  broken: closeCodes.protocolError,
  leaving: closeCodes.goingAway,
  refused: closeCodes.policy,
};

/** What a close frame says of the end. */
export const closeCodeOf = ({ kind }: ChannelEnd): number => byKind[kind];

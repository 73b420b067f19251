import type { Principal } from '@drawbridge/contracts';
import type { KeptHeaders } from '../domain/forwarded-headers.js';
import type { ClientAnswer, ClientRequest } from '../listener/client-exchange.js';
import type { OpenBodyTap } from './body-tap.js';
import type { TransformAnswer } from './body-transform.js';
import type { LastWordsForm } from './last-words.js';
import type { TransferTurns } from './transfer-turns.js';

/** The call whose answer is passed on, and what happens to it on its way. */
export interface RelayOptions {
  readonly request: Pick<ClientRequest, 'complete' | 'discardBody'>;
  readonly answer: ClientAnswer;
  readonly connection: string;
  readonly commandId: string;
  /** Watch or log: the head is sent at once, before the first byte of the body. */
  readonly longRunning: boolean;
  readonly lastWords: LastWordsForm;
  /** Whose call it is. */
  readonly agent: Pick<Principal, 'issuer' | 'subject'>;
  /** Where a long answer waits for its turns. */
  readonly turns: Pick<TransferTurns, 'wait' | 'came' | 'shared'>;
  /** Changes the body on its way. */
  readonly transform?: TransformAnswer | undefined;
  /** Looks at the body as it goes to the client. */
  readonly tap?: OpenBodyTap | undefined;
  /** Changes the head on its way. */
  readonly changeHeaders?: ((headers: KeptHeaders) => void) | undefined;
}

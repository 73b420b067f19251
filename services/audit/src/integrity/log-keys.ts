import type { LoggerService } from '@nestjs/common';
import {
  KeyRing,
  keyStatement,
  openKeyChain,
  verifierKey,
  type KeyChain,
  type LogSizes,
  type PublicKey,
  type Signer,
} from '@drawbridge/integrity';
import type { Clock } from '@drawbridge/kernel';
import type { CheckpointLog } from '../nats/checkpoint-log.js';
import { SealingError } from './sealing-error.js';
import type { SigningKeys } from './signing-keys.js';

export interface LogKeysOptions {
  readonly keys: SigningKeys;
  readonly logger: LoggerService;
  readonly clock: Clock;
}

/** Which key signs: the last that the log names. */
export class LogKeys {
  #chain: KeyChain | undefined;

  constructor(
    private readonly log: CheckpointLog,
    private readonly options: LogKeysOptions,
  ) {}

  /** Reads what the log says, and returns what opens its seals: a new one for each stream. */
  async read(): Promise<() => KeyRing> {
    const statements = await this.log.statements();
    this.#chain = statements.length === 0 ? undefined : openKeyChain(statements);
    const { name } = this.options.keys;
    const chain = this.#chain ?? { name, keys: [] };
    if (chain.name === name) return () => new KeyRing(chain);
    throw new SealingError(
      'checkpoint_log_unreadable',
      `CHECKPOINTS is the log of "${chain.name}", not of "${name}": see AUDIT_LOG_NAME`,
    );
  }

  /**
   * Makes sure that our key is the one that signs now: names the first one, and the next one with the key before it.
   * Resolves with another end of the log when that was done, or when somebody else was quicker.
   *
   * @param ended - what was sealed up to this end of the log; an older key seals nothing behind it
   * @throws SealingError `signing_key_superseded`
   */
  async requireOwn(end: number, ended: LogSizes): Promise<number> {
    const { name, current: signer, previous } = this.options.keys;
    const last = this.#chain?.keys.at(-1);
    if (last !== undefined && isSame(last.key, signer.publicKey)) return end;
    const at = this.options.clock().toISOString();
    if (last === undefined) return this.#append(keyStatement({ name, signer, at }), end);
    const before = previous.find(({ publicKey }) => isSame(publicKey, last.key));
    if (before === undefined || this.#isOver(signer)) {
      throw new SealingError(
        'signing_key_superseded',
        `the log is signed with ${verifierKey(name, last.key)}: give its file in AUDIT_PREVIOUS_KEY_FILES, and a new key in AUDIT_SIGNING_KEY_FILE`,
      );
    }
    const statement = keyStatement({
      name,
      signer,
      at,
      before: { index: last.index, signer: before, ended },
    });
    return this.#append(statement, end);
  }

  #isOver({ publicKey }: Signer): boolean {
    return this.#chain?.keys.some(({ key }) => isSame(key, publicKey)) ?? false;
  }

  async #append(statement: string, end: number): Promise<number> {
    const appended = await this.log.appendStatement(statement, end);
    if (appended !== undefined) {
      const { name, current } = this.options.keys;
      const key = verifierKey(name, current.publicKey);
      this.options.logger.log({ msg: 'checkpoints are signed with this key from now on', key });
    }
    return appended ?? -1;
  }
}

const isSame = (one: PublicKey, other: PublicKey): boolean => Buffer.from(one).equals(other);

import type { CallIdentity, Credential, CredentialHeaders } from '../credentials/credential.js';
import type { ClusterLink } from './cluster-link.js';
import { requestBlock } from './http2/request-block.js';
import { openUpgrade } from './open-upgrade.js';
import { UpstreamCall } from './upstream-call.js';
import type {
  PreparedUpstream,
  UpgradeAnswer,
  UpstreamFlow,
  UpstreamListener,
  UpstreamRequest,
} from './upstream.js';
import { credentialLines, writeRequestHead, writeUpgradeHead } from './write-request-head.js';

/** Lines of credentials that are used for many calls. Gone with the credential. */
const knownLines = new WeakMap<CredentialHeaders, string>();

/** An id for a call that is no command, by which it is told from a call of somebody else. */
export type NameOwnCall = (request: Pick<UpstreamRequest, 'method' | 'target'>) => string;

export interface PreparedCallOptions {
  readonly link: ClusterLink;
  readonly identity: CallIdentity;
  readonly headers: CredentialHeaders;
  readonly credential: Credential;
  readonly nameOwnCall: NameOwnCall | undefined;
}

/** A cluster and a credential in hand. */
export class PreparedCall implements PreparedUpstream {
  readonly #options: PreparedCallOptions;

  constructor(options: PreparedCallOptions) {
    this.#options = options;
  }

  send(request: UpstreamRequest, listener: UpstreamListener): UpstreamFlow {
    const { link, identity } = this.#options;
    link.enter();
    const call = new UpstreamCall({
      agent: identity.agent,
      request: this.#named(request),
      listener,
      prepared: this,
    });
    link.send(call);
    return call;
  }

  async upgrade(request: UpstreamRequest, signal: AbortSignal): Promise<UpgradeAnswer> {
    const { link } = this.#options;
    const head = writeUpgradeHead(request, link.frame, this.#credentialLines());
    link.enter();
    const answer = await openUpgrade(await link.dialAlone(signal), head, signal);
    link.answered();
    if (!answer.switched && answer.statusCode === 401) this.refused();
    return answer;
  }

  /** A command has been sent; sent once more it is a call of our own, so that none goes out twice under one id. */
  again(request: UpstreamRequest): UpstreamRequest {
    const { nameOwnCall } = this.#options;
    return nameOwnCall === undefined ? request : { ...request, auditId: nameOwnCall(request) };
  }

  headOf(request: UpstreamRequest): string {
    return writeRequestHead(request, this.#options.link.frame, this.#credentialLines());
  }

  blockOf(request: UpstreamRequest): string {
    const { link, headers } = this.#options;
    return requestBlock(request, link.frame, headers);
  }

  /** The cluster did not believe the credential. */
  refused(): void {
    const { credential, identity } = this.#options;
    credential.refused?.(identity);
  }

  /** As its own, when it is no command. */
  #named(request: UpstreamRequest): UpstreamRequest {
    return request.auditId === undefined ? this.again(request) : request;
  }

  #credentialLines(): string {
    const { headers } = this.#options;
    let lines = knownLines.get(headers);
    if (lines === undefined) {
      lines = credentialLines(headers);
      knownLines.set(headers, lines);
    }
    return lines;
  }
}

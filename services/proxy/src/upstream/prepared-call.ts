import type { CallIdentity, Credential, CredentialHeaders } from '../credentials/credential.js';
import type { ClusterLink } from './cluster-link.js';
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

export interface PreparedCallOptions {
  readonly link: ClusterLink;
  readonly identity: CallIdentity;
  readonly headers: CredentialHeaders;
  readonly credential: Credential;
}

/** A cluster and a credential in hand. */
export class PreparedCall implements PreparedUpstream {
  readonly #options: PreparedCallOptions;

  constructor(options: PreparedCallOptions) {
    this.#options = options;
  }

  send(request: UpstreamRequest, listener: UpstreamListener): UpstreamFlow {
    const { link, identity } = this.#options;
    const head = writeRequestHead(request, link.frame, this.#credentialLines());
    link.enter();
    const call = new UpstreamCall({
      agent: identity.agent,
      request,
      head,
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

  /** The cluster did not believe the credential. */
  refused(): void {
    const { credential, identity } = this.#options;
    credential.refused?.(identity);
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

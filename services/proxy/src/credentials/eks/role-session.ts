import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import type { CredentialOfType } from '@drawbridge/contracts';
import { CredentialFailure } from '../credential-failure.js';
import { Renewed, type Obtained } from '../renewed.js';
import type { ReportFailure } from '../report-failure.js';
import type { AwsClients, AwsCredentials } from './aws-clients.js';
import { awsFailure } from './aws-failure.js';
import type { SessionNames } from './session-names.js';

type EksSpec = CredentialOfType<'eks'>;

/** The credentials of one session of a role. In memory only, and only as long as they are good. */
export interface RoleCredentials {
  readonly aws: AwsCredentials;
  /** On the monotonic clock, with a margin before their real end. */
  readonly usableUntilMs: number;
  /** What AWS's clock is ahead of ours: what we sign is dated by theirs. */
  readonly skewMs: number;
}

export interface RoleSessionOptions {
  readonly spec: EksSpec;
  readonly names: SessionNames;
  readonly clients: AwsClients;
  readonly onFailure: ReportFailure;
}

/** Differences below are the network's. */
const MIN_SKEW_MS = 2_000;

/** One session of the role of a connection, assumed anew when three quarters of it are over. */
export class RoleSession {
  readonly #options: RoleSessionOptions;
  readonly #credentials: Renewed<RoleCredentials>;

  constructor(options: RoleSessionOptions) {
    this.#options = options;
    this.#credentials = new Renewed({
      obtain: (signal) => this.#assume(signal),
      onFailure: options.onFailure,
      whileIdle: true,
      // A cluster that refuses everything is no reason to ask AWS for ever new sessions.
      minAgeMs: 10_000,
    });
  }

  /** @throws {@link CredentialFailure} */
  current(): RoleCredentials | Promise<RoleCredentials> {
    return this.#credentials.current();
  }

  drop(): void {
    this.#credentials.drop();
  }

  close(): void {
    this.#credentials.close();
  }

  async #assume(signal: AbortSignal): Promise<Obtained<RoleCredentials>> {
    const askedAt = { ms: performance.now(), date: Date.now() };
    const { credentials, answeredAt } = await this.#send(signal);
    const awsNow = answeredAt ?? Date.now();
    const skewMs = skewOf(awsNow, askedAt.date, Date.now());
    const lifeMs = credentials.expiration.getTime() - (askedAt.date + skewMs);
    const usableMs = lifeMs - Math.min(60_000, lifeMs / 10);
    if (usableMs <= 0) throw new CredentialFailure('AssumeRole gave a session that has ended');
    const usableUntilMs = askedAt.ms + usableMs;
    const value = { aws: credentials, usableUntilMs, skewMs };
    return { value, usableMs, renewAfterMs: lifeMs * 0.75 };
  }

  async #send(
    signal: AbortSignal,
  ): Promise<{ credentials: AwsCredentials; answeredAt: number | undefined }> {
    const { spec, names, clients } = this.#options;
    try {
      const { AssumeRoleCommand } = await import('@aws-sdk/client-sts');
      const sts = await clients.sts(spec.region);
      const command = new AssumeRoleCommand(assumeRoleInput(spec, names));
      let answeredAt: number | undefined;
      command.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          answeredAt = dateOf(result.response);
          return result;
        },
        { step: 'deserialize', priority: 'low', name: 'drawbridgeAnswerDate' },
      );
      const { Credentials } = await sts.send(command, { abortSignal: signal });
      return { credentials: checked(Credentials), answeredAt };
    } catch (error) {
      throw awsFailure(`AssumeRole of ${spec.roleArn}`, error);
    }
  }
}

function assumeRoleInput(spec: EksSpec, names: SessionNames): AssumeRoleCommandInput {
  const tags = Object.entries(names.tags).map(([Key, Value]) => ({ Key, Value }));
  return {
    RoleArn: spec.roleArn,
    RoleSessionName: names.sessionName,
    DurationSeconds: spec.durationSeconds,
    ...(spec.externalId !== undefined && { ExternalId: spec.externalId }),
    ...(spec.sourceIdentity && { SourceIdentity: names.sourceIdentity }),
    ...(spec.sessionTags && { Tags: tags }),
    ...(spec.sessionTags &&
      spec.transitiveTags && { TransitiveTagKeys: tags.map(({ Key }) => Key) }),
    ...(spec.sessionPolicy !== undefined && { Policy: JSON.stringify(spec.sessionPolicy) }),
    ...(spec.sessionPolicyArns !== undefined && {
      PolicyArns: spec.sessionPolicyArns.map((arn) => ({ arn })),
    }),
  };
}

type SdkCredentials = Partial<{
  [Name in 'AccessKeyId' | 'SecretAccessKey' | 'SessionToken']: string | undefined;
}> & { Expiration?: Date | undefined };

function checked(credentials: SdkCredentials | undefined): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
    throw new CredentialFailure('AssumeRole gave no credentials');
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration: Expiration,
  };
}

/** The `Date` of an HTTP answer. */
function dateOf(response: unknown): number | undefined {
  const headers: unknown =
    typeof response === 'object' && response !== null
      ? Reflect.get(response, 'headers')
      : undefined;
  const date: unknown =
    typeof headers === 'object' && headers !== null ? Reflect.get(headers, 'date') : undefined;
  const parsed = typeof date === 'string' ? Date.parse(date) : NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** `Date` has whole seconds and was written somewhere between question and answer. */
export function skewOf(awsNow: number, askedAt: number, answeredAt: number): number {
  const skew = awsNow + 500 - (askedAt + answeredAt) / 2;
  return Math.abs(skew) < MIN_SKEW_MS ? 0 : Math.round(skew);
}

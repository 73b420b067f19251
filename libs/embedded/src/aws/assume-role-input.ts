import { validationError } from './aws-error.js';

/** The parameters of one AssumeRole call. */
export interface AssumeRoleInput {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly externalId: string | undefined;
  readonly sourceIdentity: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
  readonly policy: string | undefined;
  readonly policyArns: readonly string[];
}

const nameText = /^[\w+=,.@-]{2,64}$/;
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const MAX_TAGS = 50;

const isTagKey = (key: string): boolean =>
  key.length >= 1 && key.length <= 128 && tagText.test(key) && !/^aws:/i.test(key);
const isTagValue = (value: string): boolean => value.length <= 256 && tagText.test(value);

/**
 * Reads and checks an AssumeRole call as STS does.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 * @throws {@link AwsError} `ValidationError`
 */
export function readAssumeRole(form: URLSearchParams): AssumeRoleInput {
  const optional = (name: string) => form.get(name) ?? undefined;
  const input: AssumeRoleInput = {
    roleArn: form.get('RoleArn') ?? '',
    sessionName: form.get('RoleSessionName') ?? '',
    durationSeconds: Number(form.get('DurationSeconds') ?? 3_600),
    externalId: optional('ExternalId'),
    sourceIdentity: optional('SourceIdentity'),
    tags: tagsOf(form),
    transitiveTagKeys: members(form, /^TransitiveTagKeys\.member\.\d+$/),
    policy: optional('Policy'),
    policyArns: members(form, /^PolicyArns\.member\.\d+\.arn$/),
  };
  checkNames(input);
  checkTags(input);
  return input;
}

function checkNames(input: AssumeRoleInput): void {
  if (!nameText.test(input.sessionName)) throw validationError('roleSessionName');
  if (input.sourceIdentity !== undefined && !nameText.test(input.sourceIdentity)) {
    throw validationError('sourceIdentity');
  }
  if (input.durationSeconds < 900 || input.durationSeconds > 43_200) {
    throw validationError('durationSeconds');
  }
  if (input.policy !== undefined && input.policy.length > 2_048) throw validationError('policy');
}

const members = (form: URLSearchParams, key: RegExp): string[] =>
  [...form].filter(([candidate]) => key.test(candidate)).map(([, value]) => value);

function tagsOf(form: URLSearchParams): Record<string, string> {
  const tags: Record<string, string> = {};
  for (let index = 1; index <= MAX_TAGS + 1; index += 1) {
    const key = form.get(`Tags.member.${index}.Key`);
    if (key !== null) tags[key] = form.get(`Tags.member.${index}.Value`) ?? '';
  }
  return tags;
}

function checkTags({ tags, transitiveTagKeys }: AssumeRoleInput): void {
  const entries = Object.entries(tags);
  const lower = new Set(entries.map(([key]) => key.toLowerCase()));
  if (entries.length > MAX_TAGS || lower.size !== entries.length) throw validationError('tags');
  const bad = entries.find(([key, value]) => !isTagKey(key) || !isTagValue(value));
  if (bad !== undefined) throw validationError(`tag ${bad[0]}`);
  if (!transitiveTagKeys.every((key) => key in tags)) throw validationError('transitiveTagKeys');
}

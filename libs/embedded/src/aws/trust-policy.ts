import { z } from 'zod';
import { accessDenied } from './aws-error.js';

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** The part of IAM's policy language that trust policies of roles use. Anything else is refused, not ignored. */
export const TrustPolicy = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: z.enum(['Allow', 'Deny']),
      Principal: z.union([z.literal('*'), z.strictObject({ AWS: oneOrMore })]),
      Action: oneOrMore,
      Condition: z
        .partialRecord(
          z.enum([
            'StringEquals',
            'StringNotEquals',
            'StringLike',
            'ForAllValues:StringEquals',
            'ForAnyValue:StringEquals',
          ]),
          z.record(z.string(), oneOrMore),
        )
        .optional(),
    }),
  ),
});
export type TrustPolicy = z.input<typeof TrustPolicy>;
type Statement = z.output<typeof TrustPolicy>['Statement'][number];

/** Who wants to assume a role, and with what. */
export interface AssumeRoleContext {
  readonly caller: string;
  readonly roleArn: string;
  /** Values by condition key, in lower case. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  /** What the call does, e.g. `sts:AssumeRole` and `sts:TagSession`: each must be allowed. */
  readonly actions: readonly string[];
}

/** Judges as IAM does: a deny wins, and what nobody allows is denied. @throws {@link AwsError} `AccessDenied` */
export function checkTrust(policy: TrustPolicy, context: AssumeRoleContext): void {
  const { Statement: statements } = TrustPolicy.parse(policy);
  for (const action of context.actions) {
    const about = statements.filter((statement) => applies(statement, action, context));
    const allowed = about.some(({ Effect }) => Effect === 'Allow');
    if (!allowed || about.some(({ Effect }) => Effect === 'Deny')) {
      const { caller, roleArn } = context;
      throw accessDenied(
        `User: ${caller} is not authorized to perform: ${action} on resource: ${roleArn}`,
      );
    }
  }
}

function applies(statement: Statement, action: string, context: AssumeRoleContext): boolean {
  const { Principal, Action, Condition = {} } = statement;
  return (
    Action.some((pattern) => like(pattern, action)) &&
    (Principal === '*' || Principal.AWS.some((arn) => isPrincipal(arn, context.caller))) &&
    Object.entries(Condition).every(([operator, conditions]) =>
      Object.entries(conditions).every(([key, wanted]) =>
        holds(operator, wanted, context.keys[key.toLowerCase()] ?? []),
      ),
    )
  );
}

function holds(operator: string, wanted: readonly string[], given: readonly string[]): boolean {
  const [first] = given;
  switch (operator) {
    case 'StringEquals':
      return first !== undefined && wanted.includes(first);
    case 'StringNotEquals':
      return first === undefined || !wanted.includes(first);
    case 'StringLike':
      return first !== undefined && wanted.some((pattern) => like(pattern, first));
    case 'ForAllValues:StringEquals':
      return given.every((value) => wanted.includes(value));
    case 'ForAnyValue:StringEquals':
      return given.some((value) => wanted.includes(value));
    default:
      throw new TypeError(`condition operator ${operator}`);
  }
}

/** A role as principal means every session of it. */
function isPrincipal(arn: string, caller: string): boolean {
  return arn === caller || arn === roleOf(caller);
}

/** `arn:aws:iam::<account>:role/<name>` of a session of that role. */
export function roleOf(arn: string): string | undefined {
  const [, partition, account, role] =
    /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\/[^/]+$/.exec(arn) ?? [];
  return role === undefined ? undefined : `arn:${partition}:iam::${account}:role/${role}`;
}

function like(pattern: string, text: string): boolean {
  const escaped = pattern.replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`);
  const source = escaped.replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

import type { People } from '@drawbridge/people';
import type {
  ApprovalRequirement,
  AutoApproveRule,
  Principal,
  Risk,
  RiskDocument,
  Rule,
  StepUp,
} from '@drawbridge/contracts';
import type { BreakGlassOfPolicy } from './break-glass.js';
import type { PolicyLimits } from './limit-grant.js';

/** Everything that decides about a request, at one moment. */
export interface PolicySet {
  /** Version of the configuration it was made of. */
  readonly version: string;
  readonly connections: readonly Connection[];
  readonly actions: readonly Action[];
  /** In the order of their names, which is the order in which they are asked. */
  readonly policies: readonly Policy[];
  /** Absent: no document tells who the people are, so nothing is said about them. */
  readonly people?: People;
  /** What adds to the built-in score. */
  readonly riskRules: readonly RiskRule[];
  /** Is asked about each request, before it is judged. */
  readonly riskModel?: RiskModelSpec;
}

/** A condition of a `Risk` document. */
export type RiskRule = RiskDocument['spec']['rules'][number];

/** Where the model of the operator is, and how long it has. */
export type RiskModelSpec = NonNullable<RiskDocument['spec']['model']>;

export interface Connection {
  readonly name: string;
  readonly environment: string;
}

/** A named scope; `{name}` in a namespace or a resource name stands for the parameter. */
export interface Action {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly rules: readonly Rule[];
  /** Parameters that may be more than one name. */
  readonly accepts?: Readonly<Record<string, 'namePattern' | 'namespaceLabels'>>;
}

/** What a text must match; `source` is for people, `matches` decides. */
export interface TextPattern {
  readonly source: string;
  readonly matches: (text: string) => boolean;
}

export interface Policy {
  readonly name: string;
  readonly subjects: {
    readonly groups: readonly string[];
    readonly kinds: readonly Principal['kind'][];
    /** Absent: any trusted issuer. */
    readonly issuers?: readonly string[];
  };
  readonly connections: {
    readonly names: readonly string[];
    readonly environments: readonly string[];
  };
  readonly actions: readonly string[];
  readonly namespaces: readonly string[];
  /** Widest rules that may be asked for directly; empty: none. */
  readonly rules: readonly Rule[];
  readonly maxDurationSeconds: number;
  readonly whenTooWide: 'cut' | 'refuse';
  readonly reason: { readonly minLength: number; readonly pattern?: TextPattern };
  readonly ticket: { readonly required: boolean; readonly pattern?: TextPattern };
  /** A fresh login of whoever approves, from this risk on. */
  readonly stepUp?: StepUp & { readonly fromRisk: Risk['level'] };
  /** Tried before `approval`. */
  readonly autoApprove: readonly AutoApproveRule[];
  readonly approval: ApprovalRequirement;
  /** A grant ends when what is left of its approvals is no longer enough. */
  readonly revokeWithApprover?: boolean;
  readonly limits?: PolicyLimits;
  /** Absent: nothing may be asked on behalf of anybody. */
  readonly onBehalfOf?: { readonly proof: 'required' | 'optional' };
  /** Absent: a grant begins when it is issued, and no start may be named. */
  readonly start?: { readonly maxAheadSeconds: number };
  readonly breakGlass?: BreakGlassOfPolicy;
  /** The groups that are told, while the policy stands without its approvers. */
  readonly told?: readonly string[];
  /** More time for a grant that runs; absent: none. */
  readonly extension?: { readonly maxSeconds: number; readonly maxTotalSeconds: number };
}

/** Whether the policy is for this requester. */
export function coversRequester({ subjects }: Policy, requester: Principal): boolean {
  return (
    subjects.kinds.includes(requester.kind) &&
    (subjects.issuers === undefined || subjects.issuers.includes(requester.issuer)) &&
    requester.groups.some((group) => subjects.groups.includes(group))
  );
}

/** Whether the policy is for this connection. */
export function coversConnection({ connections }: Policy, connection: Connection): boolean {
  return (
    connections.names.includes(connection.name) ||
    connections.environments.includes(connection.environment)
  );
}

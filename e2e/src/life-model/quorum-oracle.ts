import type { AccessEventData, HumanStep, Principal, Rule, StepUp } from '@drawbridge/contracts';

/** What is granted at most, as everybody was shown it. */
export interface Shown {
  readonly rules: readonly Rule[];
  readonly durationSeconds: number;
}

interface Yes {
  readonly subject: string;
  readonly email: string;
  readonly groups: readonly string[];
  readonly step: string | undefined;
  readonly via?: string;
  readonly login: Login;
}

/** With what somebody said yes, and when by the clock of whoever took it. */
export interface Login {
  readonly atMs: number;
  readonly issuer: string;
  readonly proof: Given['proof'];
}

type Given = AccessEventData<'ApprovalGiven'>;
interface Asked extends Pick<AccessEventData<'AccessRequestValidated'>, 'approval' | 'requester'> {
  readonly terms: Shown;
}
/** A login must not be older, but for how far the clock of its provider is behind. */
const BEHIND_MS = 5_000;

const words = [
  ['get', 'list', 'patch', 'delete'],
  ['pods', 'deployments'],
  ['payments', 'default', 'kube-system'],
  ['checkout', 'other', 'one', ''],
];
const [verbs = [], resources = [], namespaces = [], names = []] = words;
/** Every call there is in this small world. */
const cells = verbs.flatMap((verb) =>
  resources.flatMap((resource) =>
    namespaces.flatMap((namespace) => names.map((name) => ({ verb, resource, namespace, name }))),
  ),
);
type Cell = (typeof cells)[number];

export const covers = (rules: readonly Rule[], { verb, resource, namespace, name }: Cell) =>
  rules.some(
    (rule) =>
      rule.verbs.includes(verb) &&
      rule.resources.includes(resource) &&
      rule.apiGroups.includes(resource === 'pods' ? '' : 'apps') &&
      rule.namespaces.includes(namespace) &&
      (rule.resourceNames?.includes(name) ?? true),
  );
/** Whether one allows nothing that the other does not. */
export const isLess = (inner: Shown, outer: Shown): boolean =>
  inner.durationSeconds <= outer.durationSeconds &&
  cells.every((cell) => !covers(inner.rules, cell) || covers(outer.rules, cell));

/** Who has said what about one request, counted by trying every way in which people can take places. */
export class QuorumOracle {
  readonly versions: Shown[];
  readonly noes = new Set<string>();
  yes: readonly Yes[] = [];
  readonly #levels = new Map<string, number>();
  readonly #steps: readonly HumanStep[];
  readonly #isOrdered: boolean;
  readonly threshold: number;

  /** @param round - of more time: since when it is asked for */
  constructor(
    private readonly asked: Asked,
    private readonly round?: { readonly sinceMs: number },
  ) {
    const { approval, terms } = asked;
    this.versions = [terms];
    this.#isOrdered = approval.type === 'steps' && approval.order === 'sequential';
    this.threshold = approval.type === 'steps' ? approval.denyThreshold : 1;
    if (approval.type === 'none') this.#steps = [];
    else if (approval.type === 'humans')
      this.#steps = [{ type: 'humans', name: '', count: approval.count, groups: approval.groups }];
    else this.#steps = approval.steps.filter((step) => step.type === 'humans');
  }

  get terms(): Shown {
    return this.versions.at(-1) ?? { rules: [], durationSeconds: 0 };
  }

  get isDenied(): boolean {
    return this.noes.size >= this.threshold;
  }

  /** Whether each place is taken by another human. */
  get isComplete(): boolean {
    return !this.isDenied && this.#taken(this.yes) === this.#places;
  }

  /** Why it must not count; `undefined` when it may. */
  whyNot({ approver, seen = 0, step, narrow, proof }: Given, atMs: number): string | undefined {
    const email = emailOf(approver);
    if (this.isForbidden(approver)) return 'forbidden';
    if (this.yes.some((one) => one.email === email)) return 'again';
    if (this.noes.has(email) || this.isDenied) return 'denied';
    if (!this.mayDecide(approver)) return 'group';
    if (!this.#isWanted({ ...approver, email, step })) return 'not wanted';
    if (seen !== this.versions.length - 1) return 'other terms';
    if (!this.#isLoggedIn({ issuer: approver.issuer, proof, atMs })) return 'login';
    return this.#whyNotNarrow(narrow);
  }

  get #login(): StepUp | undefined {
    return this.asked.approval.type === 'steps' ? this.asked.approval.stepUp : undefined;
  }

  /** For more time it takes a login of after that was asked for. */
  #isLoggedIn(login: Login): boolean {
    const sinceMs = (this.round?.sinceMs ?? 0) - BEHIND_MS;
    const isOfNow = Date.parse(login.proof?.authTime ?? '') >= sinceMs;
    return isFresh(this.#login, login) && (this.#login === undefined || isOfNow);
  }

  #whyNotNarrow(narrow: Given['narrow']): string | undefined {
    if (narrow === undefined) return undefined;
    if (this.asked.approval.type !== 'steps') return 'cannot narrow';
    if (this.round !== undefined && narrow.rules !== undefined) return 'cannot change rules';
    return isLess(this.#narrowed(narrow), this.terms) ? undefined : 'wider';
  }

  give({ approver, step, narrow, via, proof }: Given, atMs: number): void {
    const { groups, subject, issuer } = approver;
    const login = { issuer, proof, atMs };
    this.yes = [...this.yes, { subject, email: emailOf(approver), groups, step, via, login }];
    if (narrow !== undefined) this.versions.push(this.#narrowed(narrow));
  }

  takeBack(approver: Principal): void {
    this.yes = this.yes.filter(({ email }) => email !== emailOf(approver));
  }

  mayDeny(approver: Principal): boolean {
    const email = emailOf(approver);
    const hasSaidYes = this.yes.some((one) => one.email === email);
    return !this.isForbidden(approver) && (hasSaidYes || this.mayDecide(approver));
  }

  /** After how long this entry of a step's `escalate` may come; `undefined` when it may not. */
  nextEscalation(step: string, level: number): number | undefined {
    const isNext = this.open?.name === step && this.levelOf(step) === level;
    const entry = isNext ? this.open.escalate?.[level] : undefined;
    return entry && entry.afterSeconds * 1000;
  }

  escalate(step: string): void {
    this.#levels.set(step, this.levelOf(step) + 1);
  }

  levelOf = (step: string): number => this.#levels.get(step) ?? 0;

  /** Who asks, and who answers for them, never has a say. */
  isForbidden(approver: Principal): boolean {
    const { subject, owner, sponsor } = this.asked.requester;
    const email = emailOf(approver);
    return (
      approver.kind !== 'human' ||
      approver.subject === subject ||
      [owner, sponsor].some((name) => name?.toLowerCase() === email)
    );
  }

  mayDecide({ groups }: Principal): boolean {
    return this.#steps.some((step) => this.#fits({ groups }, step));
  }

  #narrowed({ rules, durationSeconds }: NonNullable<Given['narrow']>): Shown {
    const { terms } = this;
    return {
      rules: rules ?? terms.rules,
      durationSeconds: durationSeconds ?? terms.durationSeconds,
    };
  }

  get #places(): number {
    return this.#steps.reduce((sum, { count }) => sum + count, 0);
  }

  /** In a sequence the step that is asked. */
  get open(): HumanStep | undefined {
    return this.#steps.find(
      ({ name, count }) => this.yes.filter(({ step }) => step === name).length < count,
    );
  }

  #isWanted(one: Pick<Yes, 'email' | 'groups' | 'step'>): boolean {
    if (!this.#isOrdered) return this.#taken([...this.yes, one]) > this.#taken(this.yes);
    const { open } = this;
    return open !== undefined && open.name === one.step && this.#fits(one, open);
  }

  #fits({ groups }: Pick<Yes, 'groups'>, { name, groups: asked, escalate = [] }: HumanStep) {
    const more = escalate.slice(0, this.levelOf(name)).flatMap((entry) => entry.groups);
    return groups.some((group) => [...asked, ...more].includes(group));
  }

  /** The most places that can be taken, whoever takes which. */
  #taken(people: readonly Pick<Yes, 'groups' | 'step'>[]): number {
    if (this.#isOrdered)
      return this.#steps.reduce(
        (sum, { name, count }) =>
          sum + Math.min(count, people.filter(({ step }) => step === name).length),
        0,
      );
    const places = this.#steps.flatMap((step) => Array<HumanStep>(step.count).fill(step));
    const most = (left: readonly Pick<Yes, 'groups'>[], free: readonly HumanStep[]): number => {
      const [first, ...others] = left;
      if (first === undefined) return 0;
      const ways = free.map((place, index) =>
        this.#fits(first, place) ? 1 + most(others, free.toSpliced(index, 1)) : 0,
      );
      return Math.max(most(others, free), ...ways);
    };
    return most(people, places);
  }
}

/** How far the clock of an identity provider may be ahead. */
const AHEAD_MS = 60_000;

/** Whether somebody has logged in lately, at their own provider, and with what it takes. */
export function isFresh(
  wanted: Pick<StepUp, 'maxAgeSeconds' | 'amr'> | undefined,
  { proof, issuer, atMs }: Login,
): boolean {
  if (wanted === undefined) return true;
  if (proof === undefined || proof.issuer !== issuer) return false;
  const ageMs = atMs - Date.parse(proof.authTime);
  if (ageMs > wanted.maxAgeSeconds * 1_000 || ageMs < -AHEAD_MS) return false;
  const { amr = [] } = wanted;
  return amr.length === 0 || amr.some((method) => proof.amr?.includes(method) === true);
}

export const emailOf = ({ email = '' }: Principal): string => email.toLowerCase();

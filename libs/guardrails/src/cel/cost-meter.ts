import type { ASTNode } from '@marcbachmann/cel-js';

/** What the expressions of one call may cost in all: about a tenth of a second. */
export const COST_LIMIT = 500_000;
const CHARACTERS_PER_UNIT = 32;
const ITEMS_PER_UNIT = 8;

/** Thrown inside an expression; CEL's own logic may swallow it, so the meter remembers. */
class CostExceeded extends Error {}
const costExceeded = new CostExceeded('the expression costs too much');

/**
 * Counts what expressions cost while they run: one unit for each part evaluated, and more for a long text or list,
 * because whatever works on it takes that much longer.
 */
export class CostMeter {
  #left = COST_LIMIT;

  /** The limit was reached: whatever the expression said then, it did not finish. */
  get exceeded(): boolean {
    return this.#left < 0;
  }

  /** @throws when the limit is reached, and from then on always, so that every loop ends at once */
  charge(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw costExceeded;
  }

  chargeFor(value: unknown): void {
    if (typeof value === 'string') this.charge(value.length / CHARACTERS_PER_UNIT);
    else if (Array.isArray(value)) this.charge(value.length / ITEMS_PER_UNIT);
    else if (value instanceof Map) this.charge(value.size / ITEMS_PER_UNIT);
  }
}

/** Expressions run one at a time and to their end: the meter of the one that runs. */
let running: CostMeter | undefined;

/** Runs `evaluate` with every metered expression in it charging `meter`. */
export function withMeter<Result>(meter: CostMeter, evaluate: () => Result): Result {
  const outer = running;
  running = meter;
  try {
    return evaluate();
  } finally {
    running = outer;
  }
}

/** For functions that cost more than the length of what they get. */
export const charge = (units: number): void => running?.charge(units);

type Evaluate = (...given: unknown[]) => unknown;

interface EvaluatedNode {
  evaluate: Evaluate;
}

/**
 * Makes every part of a checked expression charge the running meter, those that macros were expanded to included.
 *
 * The library has no cost of its own. What it does have is one object per part with an `evaluate` method, which
 * replaces itself at the first run; `cost-meter.spec.ts` fails when a newer version does that differently.
 */
export function meterExpression(root: ASTNode): void {
  for (const node of nodesOf(root)) meterNode(node);
}

function meterNode(node: EvaluatedNode): void {
  let settled: Evaluate | undefined;
  const original = node.evaluate;
  const metered: Evaluate = (...given) => {
    running?.charge(1);
    const value = settled === undefined ? settle(given) : settled.apply(node, given);
    running?.chargeFor(value);
    return value;
  };
  const settle = (given: unknown[]): unknown => {
    try {
      return original.apply(node, given);
    } finally {
      settled = node.evaluate === metered ? original : node.evaluate;
      node.evaluate = metered;
    }
  };
  node.evaluate = metered;
}

/** Every node once: children, and what a macro keeps. */
function nodesOf(root: ASTNode): ReadonlySet<EvaluatedNode> {
  const nodes = new Set<EvaluatedNode>();
  const seen = new Set<object>();
  const kind = root.constructor;
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (isNode(value, kind)) {
      nodes.add(value);
      visit(value.args);
      visit(value.meta);
    } else if (Array.isArray(value)) value.forEach(visit);
    else if (Object.getPrototypeOf(value) === Object.prototype) Object.values(value).forEach(visit);
  };
  visit(root);
  return nodes;
}

type Node = EvaluatedNode & { readonly args: unknown; readonly meta: unknown };

const isNode = (value: object, kind: unknown): value is Node => value.constructor === kind;

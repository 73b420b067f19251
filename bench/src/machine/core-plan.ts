/** Which cores each part of the bench has to itself; an empty list means any. */
export interface CorePlan {
  readonly proxy: readonly number[];
  readonly bus: readonly number[];
  readonly upstream: readonly number[];
  readonly load: readonly number[];
}

const anywhere: CorePlan = { proxy: [], bus: [], upstream: [], load: [] };

/**
 * Gives the proxy cores of its own, so that ratios compare proxies and not schedulers; bus, upstream and load
 * generator share what is left. The proxies take turns, so all of them get the very same cores.
 *
 * @param allowed - the cores that this process may run on
 * @param proxyCores - how many the proxy gets
 * @returns a plan without pinning where there are not enough cores
 */
export function corePlan(allowed: readonly number[], proxyCores: number): CorePlan {
  const proxy = allowed.slice(0, proxyCores);
  const [first, second, third] = allowed.slice(proxyCores);
  if (first === undefined) return anywhere;
  const load = [third ?? second ?? first];
  const upstream = [third === undefined ? first : (second ?? first)];
  return { proxy, bus: [first], upstream, load };
}

/** `0-2,5` as the kernel writes it in `Cpus_allowed_list`. */
export function parseCoreList(list: string): readonly number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
}

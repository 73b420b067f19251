import type { Request, Response } from 'express';

/**
 * Named checks of readiness, e.g. `{ nats: () => connection.connected }`. A check says only yes or no: the
 * endpoint is not authenticated.
 */
export type HealthChecks = Readonly<Record<string, () => boolean | Promise<boolean>>>;

const CHECK_MS = 2_000;

/** `/healthz`: the process answers. */
export const answerHealthz = (_request: Request, response: Response): void => {
  response.status(200).json({ status: 'ok' });
};

/** Figures told with the checks, e.g. how far behind a consumer is. Counts only, for the same reason. */
export type HealthFigures = () => Readonly<Record<string, number>>;

/** `/readyz`: 200 when every check says yes in time, otherwise 503; which ones in either case. */
export const answerReadyz =
  (checks: HealthChecks, figures: HealthFigures = () => ({})) =>
  async (_request: Request, response: Response): Promise<void> => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await passes(check)] as const),
    );
    const ready = results.every(([, passed]) => passed);
    const told = figures();
    response.status(ready ? 200 : 503).json({
      status: ready ? 'ready' : 'not_ready',
      checks: Object.fromEntries(results),
      ...(Object.keys(told).length === 0 ? {} : { figures: told }),
    });
  };

async function passes(check: () => boolean | Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), CHECK_MS);
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

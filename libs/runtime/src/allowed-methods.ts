import type { Application, Request } from 'express';
import { z } from 'zod';

/** The part of an Express 5 router layer that is looked at. */
const Layer = z.object({
  match: z.custom<(path: string) => boolean>((value) => typeof value === 'function'),
  route: z.object({ methods: z.record(z.string(), z.boolean()) }),
});

/** The methods that some route has for this path; empty when no route has the path. */
export function allowedMethods({ app, path }: Request): readonly string[] {
  const methods = layersOf(app)
    .filter((layer) => matches(layer, path))
    .flatMap(({ route }) => Object.keys(route.methods));
  return [...new Set(methods)]
    .filter((name) => name !== '_all')
    .map((name) => name.toUpperCase())
    .sort();
}

function layersOf(app: Application): readonly (z.infer<typeof Layer> & { layer: unknown })[] {
  const stack: readonly unknown[] = app.router.stack;
  return stack.flatMap((layer) => {
    const parsed = Layer.safeParse(layer);
    return parsed.success ? [{ ...parsed.data, layer }] : [];
  });
}

function matches(
  { match, layer }: { match: (path: string) => boolean; layer: unknown },
  path: string,
): boolean {
  try {
    return match.call(layer, path);
  } catch {
    return false;
  }
}

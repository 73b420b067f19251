import { GuardrailTest } from '@drawbridge/guardrails';
import { ConfigurationError } from './configuration-error.js';
import { findConfigurationFiles, isTest } from './configuration-files.js';
import type { SourcePosition } from './configuration.js';
import { parseFile } from './load-configuration.js';
import { validateAgainst } from './validate-document.js';

/** Tests of guardrails, and where they stand. */
export interface LocatedGuardrailTest {
  readonly test: GuardrailTest;
  readonly source: SourcePosition;
  positionOfCase(index: number): SourcePosition;
}

/**
 * Reads all `*.test.yaml` files under a directory.
 *
 * @throws {@link ConfigurationError} with every problem of every file
 */
export async function loadGuardrailTests(
  directory: string,
): Promise<readonly LocatedGuardrailTest[]> {
  const { files, problems } = await findConfigurationFiles(directory, isTest);
  const parsed = await Promise.all(files.map(({ path }) => parseFile(path)));
  const results = parsed
    .flatMap(({ documents }) => documents)
    .map((document) => ({ document, validated: validateAgainst(GuardrailTest, document) }));
  const all = [
    ...problems,
    ...parsed.flatMap((file) => file.problems),
    ...results.flatMap(({ validated }) => ('problems' in validated ? validated.problems : [])),
  ];
  if (all.length > 0) throw new ConfigurationError(all);
  return results.flatMap(({ document, validated }) =>
    'problems' in validated
      ? []
      : [
          {
            test: validated.document,
            source: document.source,
            positionOfCase: (index) => document.positionOf(['spec', 'cases', index]),
          } satisfies LocatedGuardrailTest,
        ],
  );
}

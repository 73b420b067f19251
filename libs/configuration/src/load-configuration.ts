import { allKinds, buildConfiguration } from './build-configuration.js';
import { codeOf, findConfigurationFiles, readConfigurationFile } from './configuration-files.js';
import type { Configuration, ConfigurationKind } from './configuration.js';
import { parseDocuments, type ParsedFile } from './parse-documents.js';

export interface LoadOptions {
  /** Kinds that the caller uses; documents of the others are not validated. Default: all. */
  readonly only?: readonly ConfigurationKind[];
}

/**
 * Reads all `*.yaml` and `*.yml` files under a directory, those named `*.test.yaml` left out.
 *
 * @throws {@link ConfigurationError} with every problem of every file, in the order of files and lines
 */
export async function loadConfiguration(
  directory: string,
  { only = allKinds }: LoadOptions = {},
): Promise<Configuration> {
  const { files, problems } = await findConfigurationFiles(directory);
  const parsed = await Promise.all(files.map(({ path }) => parseFile(path)));
  return buildConfiguration({ directory, files: parsed, problems }, new Set(only));
}

/** Parses one file; that it cannot be read is a problem like any other. */
export async function parseFile(path: string): Promise<ParsedFile> {
  try {
    return parseDocuments(path, await readConfigurationFile(path));
  } catch (error) {
    const message = `cannot be read (${codeOf(error)})`;
    return { documents: [], problems: [{ file: path, line: 1, column: 1, field: '', message }] };
  }
}

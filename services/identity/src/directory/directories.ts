import type { IssuerDocument } from '@drawbridge/contracts';
import { Directory, type DirectoryHealth, type DirectoryOptions } from './directory.js';
import type { OpenParties } from './open-parties.js';

export interface DirectoriesOptions extends Omit<DirectoryOptions, 'issuer' | 'spec' | 'parties'> {
  readonly parties: Pick<OpenParties, 'of'>;
}

/** The directories of all issuers that have one. */
export class Directories {
  #directories: readonly Directory[] = [];
  #isStarted = false;

  constructor(private readonly options: DirectoriesOptions) {}

  /** Asks these and no others; one that has not changed goes on as it was. */
  configure(documents: readonly IssuerDocument[]): void {
    const former = this.#directories;
    this.#directories = documents.flatMap(({ spec }) => this.#directoryOf(spec) ?? []);
    for (const one of former) if (!this.#directories.includes(one)) void one.close();
    if (this.#isStarted) this.#ask(this.#directories.filter((one) => !former.includes(one)));
  }

  /** From here on they are asked. Only when all events were applied. */
  start(): void {
    this.#isStarted = true;
    this.#ask(this.#directories);
  }

  /** Asks all of them now; resolves when that is done. */
  async refresh(): Promise<void> {
    await Promise.all(this.#directories.map((one) => one.refresh()));
  }

  healthOf(issuer: string): DirectoryHealth | undefined {
    return this.#directories.find((one) => one.issuer === issuer)?.health;
  }

  figures(): Readonly<Record<string, number>> {
    const all = this.#directories.map(({ health }) => health);
    return {
      directorySubjects: all.reduce((sum, { asked }) => sum + asked, 0),
      directoryFailures: all.reduce((sum, { failed }) => sum + failed, 0),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#directories.map((one) => one.close()));
  }

  #ask(directories: readonly Directory[]): void {
    for (const one of directories) void one.refresh();
  }

  #directoryOf(spec: IssuerDocument['spec']): Directory | undefined {
    const { issuer, directory, allowInsecureHttp, certificateAuthorityFile } = spec;
    const { groupsPrefix } = spec.claims;
    if (directory === undefined) return undefined;
    const wanted = {
      directory,
      allowInsecureHttp,
      ...(certificateAuthorityFile !== undefined && { certificateAuthorityFile }),
      ...(groupsPrefix !== undefined && { groupsPrefix }),
    };
    const known = this.#directories.find((one) => one.issuer === issuer);
    if (known !== undefined && JSON.stringify(known.spec) === JSON.stringify(wanted)) return known;
    const parties = () => this.options.parties.of(issuer);
    return new Directory({ ...this.options, issuer, spec: wanted, parties });
  }
}

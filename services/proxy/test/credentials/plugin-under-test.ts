import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What every planted secret starts with. */
export const CANARY = 'canary-plugin-5e1c';

/** A credential plugin: a shell script that a test rewrites. */
export class PluginUnderTest {
  readonly command: string;
  readonly #infoFile: string;

  constructor(private readonly directory: string) {
    this.command = join(directory, 'plugin');
    this.#infoFile = join(directory, 'plugin-info');
  }

  /** File in which it leaves `KUBERNETES_EXEC_INFO`, its arguments and its environment. */
  get infoFile(): string {
    return this.#infoFile;
  }

  /** @param body - lines of shell that run after it has noted how it was called */
  async does(body: string): Promise<void> {
    const script = [
      '#!/bin/sh',
      `{ echo "$KUBERNETES_EXEC_INFO"; echo "$@"; env; } > ${this.#infoFile}`,
      `echo run >> ${this.#infoFile}-runs`,
      `echo "${CANARY}-stderr" >&2`,
      body,
      '',
    ].join('\n');
    await writeFile(this.command, script);
    await chmod(this.command, 0o700);
  }

  /** It succeeds with this status. */
  async gives(status: object, apiVersion = 'client.authentication.k8s.io/v1'): Promise<void> {
    const output = JSON.stringify({ apiVersion, kind: 'ExecCredential', status });
    await writeFile(join(this.directory, 'plugin-output'), output);
    await this.does(`cat ${join(this.directory, 'plugin-output')}`);
  }
}

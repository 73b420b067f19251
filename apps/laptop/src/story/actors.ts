import { delimiter, join } from 'node:path';
import type { Command } from '../run-command.js';

/** Where one person or agent of the story works: its own CLI profile and kubeconfig, nobody else's. */
export interface Actor {
  readonly kubeconfig: string;
  readonly environment: Readonly<Record<string, string>>;
  drawbridge(...args: string[]): Command;
  kubectl(...args: string[]): Command;
}

export interface Actors {
  readonly agent: Actor;
  readonly auditor: Actor;
}

export interface ActorOptions {
  /** Private directory of this actor. */
  readonly directory: string;
  /** Address of the ingress. */
  readonly server: string;
  /** `drawbridge` at the root of the checkout, `node` and `kubectl` of this run. */
  readonly tools: {
    readonly drawbridgeMain: string;
    readonly node: string;
    readonly kubectl: string;
  };
  /** What this actor has besides, such as its client secret. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Makes an actor; its commands see only the environment given here. */
export function createActor({ directory, server, tools, secrets = {} }: ActorOptions): Actor {
  const kubeconfig = join(directory, 'kubeconfig');
  const environment = {
    PATH: [join(tools.node, '..'), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: directory,
    XDG_CONFIG_HOME: join(directory, 'config'),
    KUBECONFIG: kubeconfig,
    DRAWBRIDGE_URL: server,
    NO_COLOR: '1',
    ...secrets,
  };
  return {
    kubeconfig,
    environment,
    drawbridge: (...args) => ({
      shown: ['drawbridge', ...args].map(quoted).join(' '),
      file: tools.node,
      args: [tools.drawbridgeMain, ...args],
      env: environment,
    }),
    kubectl: (...args) => ({
      shown: ['kubectl', ...args].map(quoted).join(' '),
      file: tools.kubectl,
      args,
      env: environment,
    }),
  };
}

/** As it would be typed in a shell. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

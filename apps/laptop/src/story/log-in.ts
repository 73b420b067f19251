import type { DemoIdentityProvider } from '@drawbridge/embedded';
import { startCommand } from '../run-command.js';
import type { Actor } from './actors.js';
import { StoryBroken, type Narrator } from './narrator.js';

/** The code that `drawbridge login` shows; its alphabet is RFC 8628's suggestion, without vowels. */
const USER_CODE = /\b[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{4}\b/;

export interface LogIn {
  readonly narrator: Narrator;
  readonly identityProvider: DemoIdentityProvider;
  /** Subject of the human at the demo's identity provider. */
  readonly humanId: string;
}

/** Runs the device flow: the command in the terminal, the pages as a browser would go through them. */
export async function logIn(
  actor: Actor,
  { narrator, identityProvider, humanId }: LogIn,
): Promise<void> {
  const command = actor.drawbridge('login', '--no-browser');
  let seen = '';
  let approval: Promise<void> | undefined;
  const showing = narrator.showing(command, (write) =>
    startCommand(command, (text) => {
      write(text);
      seen += text;
      const code = USER_CODE.exec(seen)?.[0];
      if (code !== undefined) approval ??= identityProvider.approveDevice(code, { id: humanId });
    }),
  );
  const { exitCode, output } = await showing;
  await approval;
  if (exitCode !== 0) throw new StoryBroken(command.shown, 'exit code zero', output);
}

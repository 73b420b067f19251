import type { DemoHuman } from './demo-people.js';
import { markup, type Markup } from './markup.js';
import { framePage } from './page-frame.js';

/** A form of the device flow: where it goes to, and the provider's own anti-forgery value. */
export interface DeviceForm {
  readonly action: string;
  readonly xsrf: string;
}

/** Why a code does not lead on. */
export type CodeProblem = 'missing' | 'unknown' | 'used' | 'expired' | 'refused';

const problems: Readonly<Record<CodeProblem, string>> = {
  missing: 'Enter a code.',
  unknown: 'No login is waiting for that code. It may be mistyped, or older than ten minutes.',
  used: 'That code was used already. Start again in the terminal.',
  expired: 'That code is too old. Start again in the terminal.',
  refused: 'This page was open for too long. Enter the code again.',
};

/** Asks for the code that the terminal shows. */
export function codePage({ action, xsrf }: DeviceForm, problem?: CodeProblem): string {
  const body = markup`${problem === undefined ? '' : alert(problems[problem])}
    <p class="note">A terminal is waiting for you to say who you are.</p>
    <form method="post" action="${action}">
      <input type="hidden" name="xsrf" value="${xsrf}" />
      <label class="field" for="user_code">Code from your terminal</label>
      <input
        type="text"
        id="user_code"
        name="user_code"
        placeholder="XXXX-XXXX"
        maxlength="32"
        required
        autofocus
        autocomplete="off"
        autocapitalize="characters"
        spellcheck="false"
      />
      <button type="submit">Continue</button>
    </form>`;
  return framePage({ title: 'Log in', mood: problem === undefined ? 'ask' : 'bad', body });
}

/** The code of a login that is waiting, and what wants to log in. */
export interface WaitingLogin {
  readonly userCode: string;
  readonly clientName: string;
}

/**
 * Asks whether the code is the one on the caller's own screen: whoever follows a link that somebody else
 * sent would log that other terminal in.
 */
export function confirmPage(
  { action, xsrf }: DeviceForm,
  { userCode, clientName }: WaitingLogin,
): string {
  const body = markup`<p>
      <bdi>${clientName}</bdi> wants to act as you. Go on only if your own terminal shows this code.
    </p>
    <p class="code">${userCode}</p>
    <form method="post" action="${action}">
      <input type="hidden" name="xsrf" value="${xsrf}" />
      <input type="hidden" name="user_code" value="${userCode}" />
      <input type="hidden" name="confirm" value="yes" />
      <button type="submit">Yes, continue</button>
      <button type="submit" class="quiet" name="abort" value="yes">No, stop</button>
    </form>`;
  return framePage({ title: 'Is this your code?', body });
}

/** Asks who is logging in. There is no password: these people exist in the demo only. */
export function peoplePage(
  action: string,
  humans: readonly DemoHuman[],
  nobodyChosen = false,
): string {
  const body = markup`${nobodyChosen ? alert('Choose one of these people.') : ''}
    <form method="post" action="${action}">
      <fieldset>
        <legend>Log in as</legend>
        ${humans.map((human, index) => personChoice(human, index === 0))}
      </fieldset>
      <label class="factor">
        <input type="checkbox" name="second_factor" value="yes" />
        With a security key
      </label>
      <button type="submit">Log in</button>
      <button type="submit" class="quiet" name="cancel" value="yes">Cancel</button>
    </form>`;
  return framePage({ title: 'Who are you?', body });
}

const personChoice = ({ id, name, email, groups }: DemoHuman, first: boolean): Markup =>
  markup`<label class="person">
      <input type="radio" name="human" value="${id}"${first ? markup` checked` : ''} />
      <span>
        <b><bdi>${name}</bdi></b>
        <small><bdi>${email}</bdi> · <bdi>${groups.join(', ') || 'no group'}</bdi></small>
      </span>
    </label>`;

export const donePage = (): string =>
  framePage({
    title: 'Done',
    mood: 'good',
    body: markup`<p role="status">
      You are logged in. Go back to your terminal; this page may be closed.
    </p>`,
  });

/** After the human has said no. */
export const stoppedPage = (): string =>
  framePage({
    title: 'Stopped',
    mood: 'bad',
    body: markup`<p role="status">Nobody was logged in, and the terminal has been told so.</p>`,
  });

/** For a form that was not given to this browser, or is of before a restart. */
export const forgottenPage = (codeAddress: string): string =>
  framePage({
    title: 'This page has ended',
    mood: 'bad',
    body: markup`<p role="alert">It was open for too long, or cookies are blocked. Nobody was logged in.</p>
      <p><a href="${codeAddress}">Enter the code again</a></p>`,
  });

export const endedPage = (): string =>
  framePage({
    title: 'This login has ended',
    mood: 'bad',
    body: markup`<p role="alert">Start again in the terminal: <kbd>drawbridge login</kbd></p>`,
  });

const alert = (text: string): Markup => markup`<p class="problem" role="alert">${text}</p>`;

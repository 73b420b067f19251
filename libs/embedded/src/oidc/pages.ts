import type { DemoHuman } from './demo-people.js';

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#eef1f5, #14181d); }
  main { width: min(26rem, calc(100vw - 3rem)); padding: 2rem; border-radius: 12px;
    background: light-dark(#fff, #1e242b); box-shadow: 0 2px 12px rgb(0 0 0 / 18%); }
  h1 { margin: 0 0 .25rem; font-size: 1.3rem; }
  small, .note { color: light-dark(#5b6672, #9aa7b4); }
  .error { color: light-dark(#b3261e, #ff8a80); }
  code { display: block; margin: 1rem 0; font-size: 1.8rem; letter-spacing: .15em; text-align: center; }
  label { display: flex; gap: .75rem; align-items: center; padding: .6rem .75rem; margin: .4rem 0;
    border: 1px solid light-dark(#ccd3da, #39434e); border-radius: 8px; cursor: pointer; }
  label:has(:checked) { border-color: #2667d9; outline: 1px solid #2667d9; }
  input[type=text] { width: 100%; box-sizing: border-box; padding: .6rem; font: inherit; text-align: center;
    letter-spacing: .15em; text-transform: uppercase; }
  button { width: 100%; margin-top: 1rem; padding: .7rem; border: 0; border-radius: 8px; font: inherit;
    font-weight: 600; color: #fff; background: #2667d9; cursor: pointer; }
  button.quiet { margin-top: .5rem; color: inherit; background: none; font-weight: 400; }
`;

/** Frames the body of one page of the demo's identity provider. */
function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Drawbridge demo</title>
  <style>${STYLE}</style>
</head>
<body><main><h1>${title}</h1>${body}</main></body>
</html>`;
}

/** Asks for the code that the terminal shows. `form` is the provider's, with its own anti-forgery field. */
export function codePage(form: string, failed: boolean): string {
  const note = failed
    ? '<p class="error">That code is not known, or was used already.</p>'
    : '<p class="note">Enter the code that your terminal shows.</p>';
  return page(
    'Log in',
    `${note}${form}<button type="submit" form="op.deviceInputForm">Continue</button>`,
  );
}

/** Asks whether the code is the one on the caller's own screen. */
export function confirmPage(form: string, userCode: string): string {
  return page(
    'Is this your code?',
    `<p class="note">It should be the one that your terminal shows.</p><code>${escape(userCode)}</code>${form}
    <button autofocus type="submit" form="op.deviceConfirmForm">Yes, continue</button>
    <button class="quiet" type="submit" form="op.deviceConfirmForm" name="abort" value="yes">No, stop</button>`,
  );
}

/** Asks who is logging in. There is no password: these people exist in the demo only. */
export function peoplePage(action: string, humans: readonly DemoHuman[]): string {
  const choices = humans.map(
    ({ id, name, email, groups }, index) => `
    <label><input type="radio" name="human" value="${escape(id)}" ${index === 0 ? 'checked' : ''}>
      <span>${escape(name)}<br><small>${escape(email)} · ${escape(groups.join(', '))}</small></span></label>`,
  );
  return page(
    'Who are you?',
    `<p class="note">People of the demo have no password.</p>
    <form method="post" action="${escape(action)}">${choices.join('')}<button type="submit">Log in</button></form>`,
  );
}

export function donePage(): string {
  return page('Done', '<p class="note">You are logged in. Go back to your terminal.</p>');
}

export function failedPage(): string {
  return page(
    'Not found',
    '<p class="error">This login has ended. Start again in the terminal.</p>',
  );
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

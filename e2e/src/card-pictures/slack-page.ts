/** Colours and measures of a client of Slack, light or dark, as the visitor prefers. */
const STYLE = `
:root { --text: #1d1c1d; --back: #fff; --soft: #616061; --line: #ddd; --code: #f6f6f6; --link: #1264a3; }
@media (prefers-color-scheme: dark) {
  :root { --text: #d1d2d3; --back: #1a1d21; --soft: #9a9b9d; --line: #3f4246; --code: #222529; --link: #1d9bd1; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 14px 12px; background: var(--back); color: var(--text);
  font: 15px/1.45 Lato, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif; overflow-wrap: anywhere; }
.message { display: flex; gap: 8px; margin-bottom: 14px; }
.avatar { flex: none; width: 36px; height: 36px; border-radius: 6px; background: #4a3f8f; color: #fff;
  font-weight: 700; text-align: center; line-height: 36px; }
.content { flex: 1; min-width: 0; }
.name { font-weight: 700; } .app { font-size: 10px; background: var(--line); border-radius: 2px; padding: 1px 3px; }
.time, .context, small { color: var(--soft); font-size: 12px; }
.reply { margin-left: 44px; }
h2 { font-size: 18px; line-height: 1.25; margin: 4px 0 8px; }
hr { border: 0; border-top: 1px solid var(--line); margin: 12px 0; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 4px; padding: 8px; margin: 6px 0;
  font: 12px/1.5 'DejaVu Sans Mono', monospace; white-space: pre-wrap; }
blockquote { margin: 2px 0; padding-left: 10px; border-left: 4px solid var(--line); }
code { background: var(--code); font: 12px 'DejaVu Sans Mono', monospace; }
a { color: var(--link); } .user { background: #1d9bd11a; border-radius: 3px; }
.rich { margin: 0 0 8px; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; margin: 10px 0 8px; }
.button { border: 1px solid var(--line); border-radius: 4px; padding: 4px 12px; font-weight: 700; font-size: 13px;
  white-space: nowrap; }
.button.primary { background: #007a5a; border-color: #007a5a; color: #fff; }
.button.danger { color: #e01e5a; border-color: #e01e5a; }
.section { display: flex; justify-content: space-between; gap: 8px; margin: 6px 0; }
.section .button { align-self: flex-start; }
.modal, .home { border: 1px solid var(--line); border-radius: 8px; } .home { padding: 12px; }
.modal .title { font-size: 18px; font-weight: 800; padding: 12px 16px; border-bottom: 1px solid var(--line); }
.modal .body { padding: 12px 16px; }
.modal .foot { display: flex; justify-content: flex-end; gap: 8px; padding: 12px 16px;
  border-top: 1px solid var(--line); }
.input { margin: 14px 0; } .input .text { border: 1px solid var(--line); border-radius: 4px; padding: 8px; }
.option { display: flex; gap: 8px; margin: 5px 0; } .option small { display: block; }
.option i { flex: none; width: 15px; height: 15px; margin-top: 3px; border: 2px solid var(--soft); border-radius: 3px; }
.option i.radio_buttons { border-radius: 50%; } .option i.on { background: var(--link); border-color: var(--link); }
.emoji { display: inline-block; width: 13px; height: 13px; border-radius: 50%; vertical-align: -1px; }
.large_green_circle { background: #2eb67d; } .large_yellow_circle { background: #ecb22e; }
.red_circle { background: #e01e5a; }
`;

/** A page that shows one message, dialog or home. */
export const slackPage = (html: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style><body>${html}</body></html>`;

/** A message of our app, or of somebody. */
export const messageHtml = (
  html: string,
  {
    name = 'drawbridge',
    isReply = false,
  }: { readonly name?: string; readonly isReply?: boolean } = {},
): string => `<div class="message${isReply ? ' reply' : ''}">
  <div class="avatar">${name.slice(0, 1).toUpperCase()}</div>
  <div class="content">
    <div><span class="name">${name}</span> ${name === 'drawbridge' ? '<span class="app">APP</span>' : ''}
    <span class="time">9:02 AM</span></div>
    ${html}
  </div>
</div>`;

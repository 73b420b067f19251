/** The look of the identity provider's pages, in light and dark. One text, because its hash is in the CSP. */
export const pageStyle = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
  --paper: light-dark(#fff, #1b2027); --ground: light-dark(#eef1f6, #11151a);
  --ink: light-dark(#17202b, #e8ecf1); --faint: light-dark(#566271, #9ba8b7);
  --line: light-dark(#cfd6de, #39434f); --accent: light-dark(#2459c4, #7ea6ff);
  --tint: light-dark(#edf2fd, #202b40); --on-accent: light-dark(#fff, #0d1524);
  --good: light-dark(#17693a, #6fd397); --bad: light-dark(#ab2219, #ff9d94); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; padding: 1.25rem 1rem; display: flex;
  flex-direction: column; align-items: center; justify-content: center; gap: 1.25rem;
  color: var(--ink); background: var(--ground); overflow-wrap: anywhere; }
header { display: flex; align-items: center; gap: .6rem; font-weight: 650; letter-spacing: -.01em; }
header small { display: block; margin-top: -.2rem; font-weight: 400; letter-spacing: 0; color: var(--faint); }
.logo { width: 2.4rem; height: 2.4rem; fill: none; stroke: var(--accent); stroke-width: 2;
  stroke-linejoin: round; stroke-linecap: round; }
main { width: 100%; max-width: 27rem; padding: 1.75rem; border: 1px solid var(--line); border-top: 4px solid var(--accent);
  border-radius: 10px; background: var(--paper); }
main.good { border-top-color: var(--good); }
main.bad { border-top-color: var(--bad); }
h1 { margin: 0 0 .6rem; font-size: 1.4rem; line-height: 1.25; letter-spacing: -.015em; }
p { margin: 0 0 1.1rem; }
a { color: var(--accent); }
p:last-child { margin-bottom: 0; }
.note, footer, small { color: var(--faint); }
footer { max-width: 27rem; font-size: .85rem; text-align: center; }
.problem { padding: .6rem .8rem; border-left: 3px solid var(--bad); color: var(--bad);
  background: color-mix(in srgb, var(--bad) 9%, transparent); border-radius: 0 6px 6px 0; }
.code, input[type=text], kbd { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
kbd { font-size: .92em; }
.code { display: block; margin: 0 0 1.1rem; padding: .9rem .5rem; border-radius: 8px; text-align: center;
  font-size: 1.75rem; font-weight: 600; letter-spacing: .12em; background: var(--tint); }
.field { display: block; margin-bottom: .35rem; font-weight: 600; }
input[type=text] { width: 100%; padding: .7rem; border: 1px solid var(--faint); border-radius: 8px;
  color: inherit; background: transparent; font-size: 1.4rem; letter-spacing: .12em; text-align: center;
  text-transform: uppercase; }
input::placeholder { color: var(--faint); opacity: .6; }
fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
legend { padding: 0; margin-bottom: .6rem; font-weight: 600; }
.person { position: relative; display: flex; gap: .8rem; align-items: center; margin-bottom: .5rem; padding: .65rem .8rem;
  border: 1px solid var(--line); border-radius: 8px; cursor: pointer; }
.person:hover { border-color: var(--accent); }
.person:has(:checked) { border-color: var(--accent); background: var(--tint); box-shadow: inset 0 0 0 1px var(--accent); }
.person input { flex: none; width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); }
.person b { display: block; line-height: 1.3; font-weight: 600; }
.person small { display: block; line-height: 1.4; }
.factor { display: flex; gap: .6rem; align-items: center; margin-top: .8rem; }
.factor input { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); }
button { width: 100%; min-height: 2.9rem; margin-top: .9rem; padding: .5rem 1rem; border: 1px solid transparent; border-radius: 8px;
  font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); cursor: pointer; }
button:hover { filter: brightness(1.08); }
button.quiet { margin-top: .5rem; color: var(--ink); border-color: var(--line); background: transparent; font-weight: 500; }
button.quiet:hover { background: var(--tint); filter: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 30rem) { body { justify-content: flex-start; } main { padding: 1.25rem; } .code { font-size: 1.5rem; } }
`;

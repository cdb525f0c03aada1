/** The one style sheet of all pages. It stands in the page, and the policy knows its hash. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --card: #fff; --ink: #1d1f1e; --soft-ink: #575c59;
  --line: #dedcd4; --strong-line: #8a8f8b;
  --accent: #0b6b52; --accent-ink: #fff; --alarm: #a8321f; --alarm-wash: #fbe9e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121513; --card: #1a1e1c; --ink: #eceeea; --soft-ink: #a5ada8;
    --line: #2e3431; --strong-line: #727b76;
    --accent: #62d3ac; --accent-ink: #06231a; --alarm: #ff9c88; --alarm-wash: #3a1f1a;
  }
}
* { box-sizing: border-box; }
body {
  display: grid; place-items: center; min-height: 100vh; min-height: 100dvh;
  margin: 0; padding: 24px 16px;
  background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
}
main {
  width: 100%; max-width: 25rem; padding: clamp(24px, 6vw, 36px);
  background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  box-shadow: 0 1px 2px rgb(0 0 0 / 4%), 0 12px 32px rgb(0 0 0 / 6%);
}
h1 { margin: 0 0 4px; font-size: 1.6rem; font-weight: 680; line-height: 1.2; letter-spacing: -.02em; }
p { margin: 0 0 16px; }
.issuer { margin: 0 0 20px; color: var(--soft-ink); font-size: .8125rem; overflow-wrap: anywhere; }
.lead { color: var(--soft-ink); overflow-wrap: anywhere; }
.problem {
  margin-top: 16px; padding: 10px 14px; border-left: 3px solid var(--alarm); border-radius: 6px;
  background: var(--alarm-wash);
}
label { display: block; margin: 16px 0 6px; font-weight: 600; font-size: .9375rem; }
input {
  width: 100%; padding: 10px 12px; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid var(--strong-line); border-radius: 8px;
}
input[aria-invalid='true'] { border-color: var(--alarm); }
button, .button {
  display: block; width: 100%; margin-top: 24px; padding: 11px 16px;
  font: inherit; font-weight: 650; text-align: center; text-decoration: none; cursor: pointer;
  color: var(--accent-ink); background: var(--accent); border: 1px solid transparent; border-radius: 8px;
}
button:hover, .button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.hint {
  margin: 20px 0 0; padding-top: 16px; border-top: 1px solid var(--line);
  color: var(--soft-ink); font-size: .875rem;
}
code { font-family: ui-monospace, 'SF Mono', 'DejaVu Sans Mono', Menlo, monospace; font-size: .9em; }
a { color: var(--accent); }
`

/** The form's style sheet; it stands in the page under a CSP hash, so that the page needs no second request. */
export const FORM_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f5f1; --sheet: #fff; --ink: #1d1f21; --quiet: #5b6067; --line: #8b9097;
  --act: #1f5f4a; --act-ink: #fff; --note: #fdf3dc; --note-line: #b07d12; --bad: #a02323;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15171a; --sheet: #1e2125; --ink: #eceae4; --quiet: #a6abb2; --line: #71777f;
    --act: #7fd0b0; --act-ink: #0c1f18; --note: #332a14; --note-line: #d2a03a; --bad: #ff9c93;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1.25rem 1rem 3rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main {
  max-width: 34rem; margin: 4vh auto 0; padding: 1.5rem; background: var(--sheet);
  border: 1px solid color-mix(in srgb, var(--line) 35%, transparent); border-radius: .75rem;
}
h1 { margin: 0 0 .75rem; font-size: 1.35rem; line-height: 1.25; overflow-wrap: anywhere; outline: none; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
.purpose { white-space: pre-wrap; }
.quiet, .hint { color: var(--quiet); }
.hint { display: block; margin: .3rem 0 0; font-size: .875rem; overflow-wrap: anywhere; }
.note { padding: .6rem .8rem; background: var(--note); border-left: 3px solid var(--note-line); border-radius: .25rem; }
.note p:last-child { margin: 0; }
.phrase { color: var(--ink); font-weight: 600; white-space: nowrap; }
.consent { margin: -.9rem 0 1.25rem; }
.field { margin: 0 0 1.25rem; }
.field > label { display: block; margin-bottom: .3rem; }
.head { display: flex; flex-wrap: wrap; align-items: end; justify-content: space-between; gap: .75rem; margin-bottom: .3rem; }
label { font-weight: 600; overflow-wrap: anywhere; min-width: 0; }
input[type=password], input[type=text], select, textarea {
  display: block; width: 100%; min-height: 2.75rem; padding: .55rem .7rem; color: inherit; background: var(--ground);
  border: 1px solid var(--line); border-radius: .4rem; font: 1rem/1.5 ui-monospace, Menlo, Consolas, monospace;
}
textarea { resize: vertical; }
textarea.masked { -webkit-text-security: disc; }
button { font: inherit; font-weight: 600; cursor: pointer; border-radius: .4rem; }
button[disabled] { opacity: .6; cursor: progress; }
.save {
  width: 100%; min-height: 3rem; padding: .6rem 1rem; color: var(--act-ink); background: var(--act);
  border: 1px solid var(--act);
}
.small {
  flex: none; min-height: 2rem; padding: .15rem .7rem; font-size: .875rem; color: inherit; background: none;
  border: 1px solid var(--line);
}
.tools { display: flex; gap: .5rem; margin-left: auto; }
.check { display: flex; gap: .6rem; align-items: start; font-weight: 400; }
.check input { width: 1.25rem; height: 1.25rem; margin: .15rem 0 0; accent-color: var(--act); }
:is(button, input, select, summary, textarea):focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
select { font-family: inherit; }
summary { margin-bottom: .75rem; font-weight: 600; cursor: pointer; }
.problem { color: var(--bad); font-weight: 600; }
footer { margin-top: 1.25rem; font-size: .875rem; color: var(--quiet); }
footer p { margin: 0 0 .25rem; }
main > p:last-child { margin: 0; }
[hidden] { display: none !important; }
`;

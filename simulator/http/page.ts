/** Pages without scripts: what a page needs, it says in HTML. */
export function page(title: string, main: string, options: { narrow?: boolean } = {}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body class="${options.narrow === true ? "narrow" : "wide"}">
<main>${main}</main>
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Hidden form fields; values may be anything. */
export function hidden(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const style = `
:root { color-scheme: light dark; --ground: #f3f5f8; --card: #fff; --text: #1b1f27; --quiet: #596070;
  --line: #d9dee6; --accent: #0f5bb5; --on-accent: #fff; --hover: #eaf1fb; --warn: #8a3a00;
  font: 15px/1.5 "Segoe UI", system-ui, sans-serif; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171c; --card: #1e232b; --text: #eceff4; --quiet: #a6afbf; --line: #353c48;
    --accent: #7db4ff; --on-accent: #0b1420; --hover: #27303d; --warn: #ffb98a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); }
main { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 75rem; }
.narrow main { max-width: 30rem; padding-top: 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
p { margin: .5rem 0; }
a { color: var(--accent); }
.quiet { color: var(--quiet); }
.warn { color: var(--warn); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: 1.5rem; }
.people { list-style: none; margin: 1rem 0 0; padding: 0; }
.people button { width: 100%; text-align: start; border: 0; border-top: 1px solid var(--line);
  border-radius: 0; padding: .65rem .5rem; background: none; color: inherit; font-weight: normal; }
.people button:hover { background: var(--hover); }
.people strong, .people span { display: block; overflow-wrap: anywhere; }
button, .button { font: inherit; font-weight: 600; padding: .45rem 1.1rem; border-radius: .25rem;
  border: 1px solid var(--line); background: var(--card); color: inherit; cursor: pointer;
  display: inline-block; text-decoration: none; }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.actions { display: flex; gap: .75rem; flex-wrap: wrap; margin-top: 1.5rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); }
th, td { text-align: start; padding: .5rem .75rem; border-top: 1px solid var(--line); vertical-align: top;
  overflow-wrap: break-word; }
th { font-weight: 600; color: var(--quiet); white-space: nowrap; }
td.number, th.number { text-align: end; font-variant-numeric: tabular-nums; }
.split { display: grid; gap: 1.5rem; grid-template-columns: minmax(12rem, 16rem) minmax(0, 1fr); }
.split h2 { margin-top: .4rem; }
@media (max-width: 45rem) { table { min-width: 36rem; } .split { grid-template-columns: minmax(0, 1fr); } }
.folders { list-style: none; margin: 0; padding: 0; }
.folders a { display: flex; justify-content: space-between; gap: 1rem; padding: .4rem .6rem;
  border-radius: .25rem; text-decoration: none; color: inherit; }
.folders a:hover, .folders a[aria-current] { background: var(--hover); }
.folders a[aria-current] { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; margin: 1rem 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
iframe { width: 100%; height: 28rem; border: 1px solid var(--line); border-radius: .25rem; background: Canvas; }
@media (max-width: 45rem) { dl { grid-template-columns: minmax(0, 1fr); } dt { margin-top: .5rem; } }
`;

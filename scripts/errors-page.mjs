// docs/errors.md as one page, errors.html, which the host serves and the npm package has: a message links its code to
// cause and cure on any install, whether or not that reaches the documentation's site. It loads nothing and has no script.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import MarkdownIt from 'markdown-it';

import { slug } from './docs-pages.mjs';

const DOCUMENT = fileURLToPath(new URL('../docs/errors.md', import.meta.url));
const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 70ch; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word; }
  section { margin: 0 -1rem; padding: .1rem 1rem; border-radius: .5rem; }
  section:target { background: #ffd83338; }
  table { border-collapse: collapse; }
  th, td { padding: .3rem 1rem .3rem 0; border-bottom: 1px solid #8886; text-align: left; vertical-align: top; }
`;

/** @param {string} [text] what docs/errors.md has */
export function errorsPage(text = readFileSync(DOCUMENT, 'utf8')) {
  const markdown = new MarkdownIt();
  const [start, ...sections] = linkedWithin(text).split(/^(?=##+ )/m);
  const drawn = sections.map((section) => `<section id="${idOf(section)}">\n${markdown.render(section)}</section>\n`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Error codes of the call worker</title>
<style>${STYLE}</style>
<main>
${markdown.render(start)}${drawn.join('')}</main>
</html>
`;
}

/** A code is its section's id as it is written: whoever has a code has its address. */
function idOf(section) {
  const [, depth, heading] = /^(##+) (.*)/.exec(section);
  return depth === '###' ? heading : slug(heading);
}

/** The other documents are not served: of a link to one its words stay. */
function linkedWithin(text) {
  const ids = new Map(Array.from(text.matchAll(/^##+ (.*)$/gm), ([line, heading]) => [slug(heading), idOf(line)]));
  return text
    .replace(/\[([^\]]+)\]\((?!#)[^)]*\)/g, '$1')
    .replace(/(?<=\]\()#([^)]*)/g, (link, anchor) => (ids.has(anchor) ? `#${ids.get(anchor)}` : link));
}

// Gathers the site's pages: what is written, what it links to in the sources, and a page for each error code.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, posix } from 'node:path';

/** Of the repository's root; what is in docs/ keeps its name. */
const AT_ROOT = { 'README.md': 'readme.md', 'SECURITY.md': 'security.md', 'CHANGELOG.md': 'changelog.md', 'CONTRIBUTING.md': 'contributing.md' };
/** A folder with more files is shown as their names. */
const FEW = 12;

/**
 * @param {string} root the repository
 * @param {string} out where the pages go
 */
export function gather(root, out) {
  const written = { ...AT_ROOT };
  for (const name of readdirSync(join(root, 'docs')).filter((it) => it.endsWith('.md'))) written[`docs/${name}`] = name;
  const problems = [];
  const shown = new Set(); // paths in the repository that a page links to
  const images = new Set();

  /** Where the site has what `href` names in the file `from`. */
  const leads = (from, href) => {
    if (/^(\w+:|#|\/)/.test(href)) return href;
    const [path, hash] = href.split('#');
    const target = posix.normalize(posix.join(posix.dirname(from), path)).replace(/\/$/, '');
    const anchor = hash ? `#${hash}` : '';
    if (written[target]) return `/${written[target]}${anchor}`;
    if (target.startsWith('..') || !existsSync(join(root, target))) {
      problems.push(`${from}: ${href} leads nowhere`);
      return href;
    }
    if (/\.(png|svg)$/.test(target)) return images.add(target), `/${target}`;
    shown.add(target);
    return `/source/${target}.md`;
  };
  const text = (path) => withCharts(readFileSync(join(root, path), 'utf8'), (name) => readFileSync(join(root, 'docs', name), 'utf8'));
  const linked = (from) => outsideOfCode(text(from), (line) => line.replace(/(\]\()([^)\s]+)(?=\))/g, (_, start, href) => start + leads(from, href)));

  const write = (path, text) => {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), text);
  };
  for (const [from, path] of Object.entries(written)) write(path, linked(from));
  const codes = errorPages(linked('docs/errors.md'));
  for (const { code, text } of codes) write(`errors/${code}.md`, text);
  for (const path of shown) write(`source/${path}.md`, source(root, path));
  for (const path of images) cpSync(join(root, path), join(out, 'public', path));
  return { pages: Object.keys(written).length + codes.length + shown.size, problems };
}

/** Puts the nth chart of another document's section in the place of `<!-- charts: design.md#section n -->`. */
function withCharts(text, read) {
  return text.replace(/^<!-- charts: (\S+)#(\S+) (\d) -->$/gm, (comment, name, anchor, nth) => {
    const section = read(name).split(/^(?=## )/m).find((part) => slug(/^## (.*)/.exec(part)?.[1] ?? '') === anchor);
    const charts = [...(section ?? '').matchAll(/^```mermaid\n[^]*?^```$/gm)];
    if (!charts[nth - 1]) throw new Error(`${comment} names no chart`);
    return charts[nth - 1][0];
  });
}

/** The sections of docs/errors.md, each as a page: cause, cure, and where the others are. */
export function errorPages(text) {
  return text.split(/^(?=## )/m).slice(1).flatMap((group) => {
    const [heading, ...sections] = group.split(/^(?=### )/m);
    const title = /^## (.*)/.exec(heading)[1];
    return sections.map((section) => {
      const [, code, body] = /^### (.*)\n([^]*)$/.exec(section);
      const [cause, cure] = body.replaceAll('](#', '](/errors.md#').trim().split(/^Cure: /m);
      const text = [
        '---\noutline: false\n---', `# ${code}`,
        cause.trim(), '## What to do', cure[0].toUpperCase() + cure.slice(1).trim(),
        `Others of its kind: [${title}](/errors.md#${slug(title)}). [Where codes stand, and who does what](/errors.md).`,
      ].join('\n\n');
      return { code, title, text: `${text}\n` };
    });
  });
}

/** A file of the sources, or a small folder of them, as a page. */
function source(root, path) {
  const title = `---\noutline: false\n---\n\n# ${path}\n\n`;
  if (!statSync(join(root, path)).isDirectory()) return title + code(root, path);
  const isShown = (name) => !name.includes('node_modules') && statSync(join(root, path, name)).isFile();
  const names = readdirSync(join(root, path), { recursive: true }).filter(isShown).sort();
  if (names.length > FEW) return `${title}${names.map((name) => `- \`${name}\``).join('\n')}\n`;
  return title + names.map((name) => `## ${name}\n\n${code(root, join(path, name))}`).join('\n');
}

/** The rest calls them as their files do. */
const LANGUAGES = { rs: 'rust', mjs: 'js', conf: 'nginx', yml: 'yaml', service: 'ini', timer: 'ini', cfg: 'txt', '': 'txt' };

function code(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  return `\`\`\`\`\`${LANGUAGES[extname(path).slice(1)] ?? extname(path).slice(1)}\n${text.trimEnd()}\n\`\`\`\`\`\n`;
}

/** A heading's anchor, as GitHub makes it: the documents are read there, too. */
export const slug = (heading) => heading.toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '').replaceAll(' ', '-');

/** Changes the lines that are neither fenced nor indented as code. */
function outsideOfCode(text, change) {
  let fenced = false;
  return text.split('\n').map((line) => {
    if (/^\s*```/.test(line)) fenced = !fenced;
    return fenced || /^ {4}/.test(line) ? line : change(line);
  }).join('\n');
}

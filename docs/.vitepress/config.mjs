// The documentation's site. scripts/docs.mjs gathers its pages into target/site/pages.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

import { errorPages, slug } from '../../scripts/docs-pages.mjs';
import { chart } from './charts.mjs';

const DOCS = fileURLToPath(new URL('../', import.meta.url));
const codes = errorPages(readFileSync(`${DOCS}errors.md`, 'utf8'));

/** An indented block is a shell's; the others say what they are. */
function shellBlocks({ core }) {
  core.ruler.push('shell', ({ tokens }) => {
    for (const token of tokens) if (token.type === 'code_block') Object.assign(token, { type: 'fence', info: 'sh', markup: '```' });
  });
}

function charts({ renderer }) {
  const { fence } = renderer.rules;
  renderer.rules.fence = (tokens, index, ...rest) =>
    (tokens[index].info === 'mermaid' ? chart(tokens[index].content) : fence(tokens, index, ...rest));
}

/** A page is rendered to be read and again to be searched: what takes long is done once. */
function highlightedOnce({ options }) {
  const { highlight } = options;
  const done = new Map();
  options.highlight = (...block) => {
    const key = JSON.stringify(block);
    if (!done.has(key)) done.set(key, highlight(...block));
    return done.get(key);
  };
}

const page = (text, link) => ({ text, link });
const sidebar = [
  { text: 'Begin', items: [
    page('Quick start', '/quick-start'), page('What you get', '/readme'),
    page('From a worker of your own', '/migration'), page('Beside others', '/comparison'),
  ] },
  { text: 'Understand', items: [page('Concepts', '/concepts'), page('State charts and design', '/design')] },
  { text: 'Integrate', items: [
    page('Softphone adapters', '/adapters'), page('Signals of a backend', '/signals'), page('The simulator', '/simulator'),
    page('API reference', '/reference'), page('Versions', '/versioning'),
  ] },
  { text: 'Operate', items: [
    page('Your PBX', '/pbx'), page('What a PBX asks of the host', '/pbx-api'), page('Deploy', '/deploy'),
    page('Browsers', '/browsers'), page('Security', '/security'), page('Routes', '/routes'),
  ] },
  { text: 'When something fails', items: [page('Troubleshooting', '/troubleshooting'), page('Error codes', '/errors')] },
  { text: 'The project', items: [page('Changelog', '/changelog'), page('Contributing', '/contributing')] },
];
const titles = [...new Set(codes.map(({ title }) => title))];
const errors = titles.map((title) => ({
  text: title,
  items: codes.filter((it) => it.title === title).map(({ code }) => page(code, `/errors/${code}`)),
}));

export default defineConfig({
  title: 'b24-background-worker',
  description: 'The page of a Bitrix24 telephony app: call card, softphone and record that agree',
  srcDir: '../target/site/pages',
  outDir: '../target/site/dist',
  cacheDir: '../target/site/cache',
  // What rustdoc made is laid beside the pages afterwards; scripts/docs-links.mjs follows these links, too.
  ignoreDeadLinks: [/^\/rust(-servers)?\//],
  appearance: false,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // The index of the search is one chunk, fetched by who searches.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  markdown: {
    theme: 'github-light',
    anchor: { slugify: slug },
    config: (md) => [shellBlocks, charts, highlightedOnce].forEach((plugin) => plugin(md)),
  },
  themeConfig: {
    nav: [
      page('Quick start', '/quick-start'), page('Concepts', '/concepts'), page('Adapters', '/adapters'),
      page('Deploy', '/deploy'), page('API', '/reference'), page('Errors', '/errors'),
    ],
    sidebar: { '/errors/': [page('All error codes', '/errors'), ...errors], '/': sidebar },
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    docFooter: { prev: false, next: false },
  },
});

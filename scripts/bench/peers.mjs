// Handler pages that others might have written, to measure ours beside: served as a good host does, compressed, and with
// what never changes kept by the browser.

import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';

import { EVENTS } from '../../tests/support/portal.mjs';

/** What the candidates' pages are made of; those that listen to the card have a file of their name in pages/. */
const PEERS = {
  empty: () => '',
  plain_js: inline,
  bx24_in_head: (script, bx24) => `<script src="${bx24}"></script>${inline(script)}`,
  by_hand: inline,
  sdk: (_, __, src) => `<script type="module" src="${src}"></script>`,
  phone_by_hand: inline,
};

/** Serves them on loopback. `its` gives what a page is told as `globalThis.page`: `bx24`, the address of BX24.js; `network` and `line`. */
export async function startPeers(its) {
  const texts = {};
  const textOf = (name) => (texts[name] ??= bundled(name));
  const server = createServer(async (request, response) => {
    const [, name, extension] = /^\/(\w+)(\.js)?/.exec(request.url) ?? [];
    if (!Object.hasOwn(PEERS, name ?? '') && name !== 'quiet_phone') return void response.writeHead(404).end();
    const script = name === 'empty' ? '' : await textOf(name);
    if (extension) return answer(response, 'text/javascript', 'public, max-age=31536000, immutable', script);
    const page = its(name);
    const body = PEERS[name](`globalThis.page=${JSON.stringify(page)};${script}`, page.bx24, `/${name}.js`);
    answer(response, 'text/html', 'no-store', `<!doctype html><html lang="en"><meta charset="utf-8"><title>A worker</title>${body}`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function inline(script) {
  return `<script>${script}</script>`;
}

function answer(response, type, keep, text) {
  response.writeHead(200, {
    'content-type': `${type}; charset=utf-8`, 'cache-control': keep, 'content-encoding': 'br', 'access-control-allow-origin': '*',
  });
  response.end(brotli(text));
}

const packed = new Map();

function brotli(text) {
  if (!packed.has(text)) packed.set(text, brotliCompressSync(text));
  return packed.get(text);
}

/** A script of pages/, with what it imports. */
async function bundled(name) {
  const format = ['sdk', 'quiet_phone'].includes(name) ? 'esm' : 'iife';
  const { outputFiles: [{ text }] } = await build({
    entryPoints: [fileURLToPath(new URL(`pages/${name}.js`, import.meta.url))],
    define: { EVENTS: JSON.stringify(EVENTS) },
    bundle: true, minify: true, format, target: 'es2022', write: false, legalComments: 'none', logLevel: 'warning',
  });
  return text;
}

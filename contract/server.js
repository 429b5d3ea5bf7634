// Serves the suite and what it is told of, to this machine alone.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };
const page = (script = '') => ({ type: 'text/html', body: `<!doctype html><meta charset="utf-8"><title>softphone contract</title><body>${script}` });
const module = (address) => `<script type="module" src="${address}"></script>`;

/**
 * @param {{ root: string, answers?: Record<string, (body: string) => unknown> }} options `root`: the folder behind `/files/`;
 *   an answer is `{ type, body }`, and what throws is told to the page
 * @returns {Promise<{ base: string, close(): void }>}
 */
export async function serve({ root, answers = {} }) {
  const routes = {
    '/': () => page(),
    '/run': () => page(module('/contract/page/main.js')),
    '/frame': () => page(module('/contract/page/frame.js')),
    ...answers,
  };
  const folders = { '/contract/': HERE, '/files/': root };
  const answer = async (request) => {
    // A site that has this machine's address for its own name gets nothing.
    if (!request.headers.host?.startsWith('localhost:')) return undefined;
    const pathname = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    if (pathname.split(/[\\/]/).includes('..')) return undefined;
    if (Object.hasOwn(routes, pathname)) return routes[pathname](await textOf(request));
    const [prefix, folder] = Object.entries(folders).find(([prefix]) => pathname.startsWith(prefix)) ?? [];
    if (!prefix) return undefined;
    const path = join(folder, pathname.slice(prefix.length));
    return { type: TYPES[extname(path)] ?? 'application/octet-stream', body: await readFile(path) };
  };
  const server = createServer(async (request, response) => {
    const { type, body } = (await answer(request).catch(() => undefined)) ?? {};
    if (type === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://localhost:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function textOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

// Serves the page to the portal's POST and the package's files as they were installed, and writes down what was done:
//
//     ./signal.sh deal.won '{"deal":4711}'             a signal of the backend (the script says what it needs)
//     curl http://127.0.0.1:3000/done                  which tab heard of it, and which one did it
//
// PORT and BX24 (the portal's BX24.js) can be set in the environment.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PACKAGE = fileURLToPath(new URL('.', import.meta.resolve('b24-background-worker/package.json')));
const { PORT = 3000, BX24 = 'https://api.bitrix24.com/api/v1/' } = process.env;
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** What the tabs have told, oldest first. */
const told = [];

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const answer = (status, type, body = '') => response.writeHead(status, { 'content-type': type }).end(body);
  const json = (value) => answer(200, 'application/json', JSON.stringify(value));
  try {
    if (pathname === '/handler') { // by POST
      return answer(200, TYPES['.html'], await readFile(join(HERE, 'handler.html')));
    }
    if (pathname === '/config.json') return json({ bx24: BX24 });
    if (pathname === '/done' && request.method === 'GET') return json(told);
    if (pathname === '/done') {
      const { deal, page, done } = JSON.parse(await bodyOf(request));
      told.push({ deal, page, done });
      console.log(`deal ${deal}: ${done ? 'done' : 'heard of'} on ${page}`);
      return answer(204, 'text/plain');
    }
    const [folder, name] = pathname.startsWith('/b24/') ? [PACKAGE, pathname.slice('/b24'.length)] : [HERE, pathname];
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    return answer(200, type, await readFile(join(folder, normalize(name))));
  } catch (error) {
    return answer(error.code === 'ENOENT' ? 404 : 400, 'text/plain', 'no such thing here');
  }
});
server.listen(PORT, '127.0.0.1', () => console.log(`listening http://127.0.0.1:${server.address().port}/handler`));

async function bodyOf(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

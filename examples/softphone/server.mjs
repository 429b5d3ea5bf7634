// Serves the page to the portal's POST, the customer's phone, the package's files as they were installed, and the
// signalling between the two: everybody is a number, and what one says of a call goes to the other who is in it.
//
//     http://127.0.0.1:3000/customer                    the customer's phone
//     curl http://127.0.0.1:3000/phones                 who is there
//
// PORT, BX24 (the portal's BX24.js), LINE and STUN (`stun:stun.example.com`, where the two are in different networks)
// can be set in the environment. Here anybody may be any number; yours asks who it is before it says so.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PACKAGE = fileURLToPath(new URL('.', import.meta.resolve('b24-background-worker/package.json')));
const { PORT = 3000, BX24 = 'https://api.bitrix24.com/api/v1/', LINE = '+15550100', STUN } = process.env;
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const CONFIG = JSON.stringify({ bx24: BX24, line: LINE, iceServers: STUN ? [{ urls: STUN }] : [] });

/** Numbers, and what their phones listen to. */
const phones = new Map();
/** The calls' ids, and the two numbers in each. */
const calls = new Map();

const tell = (number, message) => phones.get(number)?.write(`data: ${JSON.stringify(message)}\n\n`);

function said(me, message) {
  const { type, call, to } = message;
  if (type === 'ring' && !phones.has(to)) return tell(me, { type: 'bye', call, status: 480 });
  if (type === 'ring') calls.set(call, [me, to]);
  const others = (calls.get(call) ?? []).filter((number) => number !== me);
  if (type === 'bye') calls.delete(call);
  for (const number of others) tell(number, { ...message, from: me });
}

/** Of a page that is gone nobody hears any more: so the server hangs up for it. */
function gone(me, phone) {
  if (phones.get(me) !== phone) return; // another page has its number already
  phones.delete(me);
  for (const [call, numbers] of calls) if (numbers.includes(me)) said(me, { type: 'bye', call });
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const answer = (status, type, body = '') => response.writeHead(status, { 'content-type': type }).end(body);
  try {
    if (['/handler', '/customer'].includes(pathname)) { // the first comes by POST
      return answer(200, TYPES['.html'], await readFile(join(HERE, `${pathname}.html`)));
    }
    if (pathname === '/config.json') return answer(200, 'application/json', CONFIG);
    if (pathname === '/phones') return answer(200, 'application/json', JSON.stringify([...phones.keys()]));
    if (pathname.startsWith('/signals/')) {
      const me = decodeURIComponent(pathname.slice('/signals/'.length));
      if (request.method === 'POST') {
        said(me, JSON.parse(await bodyOf(request)));
        return answer(204, 'text/plain');
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write(':\n\n');
      gone(me, phones.get(me));
      phones.set(me, response);
      return request.on('close', () => gone(me, response));
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

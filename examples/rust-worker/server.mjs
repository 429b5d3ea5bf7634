// Serves the page to the portal's POST, the package's files as they were installed, and a PBX that does what it is told:
//
//     curl -d '{"from":"+12025550123"}' http://127.0.0.1:3000/call          a customer calls
//     curl -d '{"hangUp":true}' http://127.0.0.1:3000/call                  and hangs up
//
// PORT, BX24 (the portal's BX24.js) and LINE can be set in the environment.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PACKAGE = fileURLToPath(new URL('.', import.meta.resolve('b24-background-worker/package.json')));
const { PORT = 3000, BX24 = 'https://api.bitrix24.com/api/v1/', LINE = '+15550100' } = process.env;
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' };

/** The operators' phones, and the one call there is. */
const phones = new Set();
let call;
const tell = (event) => phones.forEach((phone) => phone.write(`data: ${JSON.stringify(event)}\n\n`));

const does = {
  dial: ({ callId }) => ((call = { callId }), tell({ type: 'progress', callId }), tell({ type: 'connected', callId })),
  answer: ({ callId }) => tell({ type: 'connected', callId }),
  reject: ({ callId }) => tell({ type: 'ended', callId, cause: { by: 'local' } }),
  hangUp: ({ callId }) => tell({ type: 'ended', callId, cause: { by: 'local' } }),
  setMuted: ({ callId, muted }) => tell({ type: 'muted', callId, muted }),
  setHeld: ({ callId, held }) => tell({ type: 'held', callId, held, by: 'local' }),
  sendDtmf() {},
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const answer = (status, type, body = '') => response.writeHead(status, { 'content-type': type }).end(body);
  try {
    if (pathname === '/handler') return answer(200, TYPES['.html'], await readFile(join(HERE, 'handler.html'))); // by POST
    if (pathname === '/config.json') return answer(200, TYPES['.json'], JSON.stringify({ bx24: BX24, line: LINE }));
    if (pathname === '/pbx' && request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write(':\n\n');
      phones.add(response);
      return request.on('close', () => phones.delete(response));
    }
    if (pathname === '/pbx') {
      const what = JSON.parse(await bodyOf(request));
      if (!Object.hasOwn(does, what.do)) return answer(400, 'text/plain', 'nobody knows how to do that');
      does[what.do](what);
      return answer(204, 'text/plain');
    }
    if (pathname === '/call') {
      const { from, hangUp } = JSON.parse(await bodyOf(request));
      if (phones.size === 0) return answer(503, 'text/plain', 'no phone is registered');
      if (hangUp) tell({ type: 'ended', callId: call?.callId, cause: { by: 'remote' } });
      else tell({ type: 'incoming', callId: (call = { callId: crypto.randomUUID() }).callId, number: from, line: LINE });
      return answer(204, 'text/plain');
    }
    const [folder, name] = pathname.startsWith('/b24/') ? [PACKAGE, pathname.slice('/b24'.length)] : [HERE, pathname];
    return answer(200, TYPES[extname(name)] ?? 'application/octet-stream', await readFile(join(folder, normalize(name))));
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

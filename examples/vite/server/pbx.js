// A PBX that does what it is told:
//
//     curl -d '{"from":"+12025550123"}' http://127.0.0.1:3000/call          a customer calls
//     curl -d '{"hangUp":true}' http://127.0.0.1:3000/call                  and hangs up

export function pbx({ line }) {
  /** The operators' phones, and the one call there is. */
  const phones = new Set();
  let call;
  const tell = (event) => phones.forEach((phone) => phone.write(`data: ${JSON.stringify(event)}\n\n`));
  const ended = (by) => tell({ type: 'ended', callId: call, cause: { by } });

  const does = {
    dial: ({ callId }) => ((call = callId), tell({ type: 'progress', callId }), tell({ type: 'connected', callId })),
    answer: ({ callId }) => tell({ type: 'connected', callId }),
    reject: () => ended('local'),
    hangUp: () => ended('local'),
    tone() {},
  };

  const answer = async (request, response, next) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (!['/pbx', '/call'].includes(pathname)) return next();
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).write(':\n\n');
      phones.add(response);
      return request.on('close', () => phones.delete(response));
    }
    const asked = JSON.parse(await bodyOf(request));
    if (phones.size === 0) return response.writeHead(503).end('no phone is registered');
    if (pathname === '/pbx') does[asked.do](asked);
    else if (asked.hangUp) ended('remote');
    else tell({ type: 'incoming', callId: (call = crypto.randomUUID()), number: asked.from, line });
    response.writeHead(204).end();
  };
  const serve = ({ middlewares }) => void middlewares.use((request, response, next) => answer(request, response, next).catch(next));
  return { name: 'pbx', configureServer: serve, configurePreviewServer: serve };
}

async function bodyOf(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

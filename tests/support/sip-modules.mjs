// What the pages of the SIP stories are served: the adapters, bundled as dist/ has them, and an empty page.

import { createServer } from 'node:http';
import { join } from 'node:path';

import { bundle, hubBundle } from '../../scripts/bundles.mjs';
import { ROOT } from './servers.mjs';

/** Serves them on a free port of loopback. */
export async function serveModules() {
  const bundled = new Map();
  const make = (folder, name) => {
    if (folder === 'signalling') return hubBundle(name);
    const ours = folder === 'peer' || folder === 'hub';
    return bundle(join(ROOT, ours ? 'tests/sip' : 'www', folder, name), { external: ['/media/serve.js'] });
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    const [, folder, name] = /^\/(adapters|signalling|media|app|recording|peer|hub)\/([\w-]+\.js)$/.exec(pathname) ?? [];
    if (!folder) {
      return response.setHeader('content-type', 'text/html').end('<!doctype html><meta charset="utf-8"><title>phone</title>');
    }
    if (!bundled.has(pathname)) bundled.set(pathname, make(folder, name));
    try {
      response.setHeader('content-type', 'text/javascript').end((await bundled.get(pathname)).text);
    } catch (error) {
      response.writeHead(500).end(error.message);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://localhost:${server.address().port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

// What the tests of the app's life share: a stub of an app's backend that writes down what
// portals post to it, and the ways to call the portal as that backend would.

import { createServer } from 'node:http';

/** A backend on this machine. Its pages say installFinish if they are an installer's. */
export async function startBackend() {
  const posts = [];
  const waiting = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const { pathname } = new URL(request.url, 'http://app.localhost');
      const post = { path: pathname, url: request.url, type: request.headers['content-type'], form: Object.fromEntries(new URLSearchParams(body)) };
      posts.push(post);
      for (const look of waiting.splice(0)) look();
      response.setHeader('content-type', 'text/html');
      response.end(pathname === '/install' ? INSTALLER : '<!doctype html><p>app</p>');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://app.localhost:${server.address().port}`;
  return {
    origin,
    posts,
    /** The first post to `path`, now or later, that fits. */
    async post(path, fits = () => true) {
      for (;;) {
        const found = posts.find((post) => post.path === path && fits(post));
        if (found) return found;
        await new Promise((resolve) => waiting.push(resolve));
      }
    },
    event(name) {
      return this.post('/events', ({ form }) => form.event === name);
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

// The administrator sees the installer and presses its one button.
const INSTALLER = `<!doctype html><button onclick="finish()">Install</button><script>
  const [host, secure, sid] = window.name.split('|');
  const portal = 'http' + (secure === '1' ? 's' : '') + '://' + host;
  const say = (command) => parent.postMessage(command + '::answer:' + sid, portal);
  addEventListener('message', ({ data }) => { document.title = data; });
  say('getInitData');
  window.finish = () => say('setInstallFinish');
</script>`;

/** Names under .localhost are known to browsers, not to every resolver. */
export const local = (url) => `http://127.0.0.1:${new URL(url).port}`;

/** Calls of a REST method: its answer, and `http`, the status. */
export const restOf = (url) => async (method, params, token) => {
  const response = await fetch(`${local(url)}/rest/${method}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...params, auth: token }),
  });
  return { http: response.status, ...(await response.json()) };
};

/** A renewal of tokens: its answer, and `http`, the status. */
export const renewOf = (url) => async (refresh_token, fields = {}) => {
  const response = await fetch(`${local(url)}/oauth/token/`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'local.simulator', client_secret: 'simulator', refresh_token, ...fields }),
  });
  return { http: response.status, ...(await response.json()) };
};

/** A frame's tokens, without a browser: what the portal posts to a page of the app. */
export async function tokensOf(url, user = 1, placement = 'DEFAULT') {
  const response = await fetch(`${local(url)}/portal/layout`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user, placement, options: {} }),
  });
  const { authId, refreshId } = await response.json();
  return { access: authId, refresh: refreshId };
}

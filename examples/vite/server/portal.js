// What the portal wants of the page's server, for `vite` and `vite preview`. In production any server will do that gives
// dist/ to GET and dist/handler.html to the portal's POST.

/** Answers the portal's POST with the page, has the page fetch nothing before `load`, and tells it its configuration. */
export function portal(config) {
  const answer = (request, response, next) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/config.json') return response.setHeader('content-type', 'application/json').end(JSON.stringify(config));
    if (pathname === '/handler') {
      request.method = 'GET'; // Vite gives pages to no other
      request.url = '/handler.html';
    }
    next();
  };
  return {
    name: 'portal',
    configureServer: ({ middlewares }) => void middlewares.use(answer),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(answer),
    transformIndexHtml: { order: 'post', handler: afterLoad },
  };
}

/** The portal measures the time until `load` and removes handlers that are slow: each script waits for it. */
const afterLoad = (html) => html.replace(
  /<script type="module"[^>]* src="([^"]+)"><\/script>/g,
  (_, src) => `<script type="module">addEventListener('load', () => import('${src}'), { once: true })</script>`,
);

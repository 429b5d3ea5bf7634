// Answers the portal's post to the handler with the page that this browser has, and the page's files: how long a frame
// takes to load no longer hangs on the host, which may be slow or down. Behind the answer the page is fetched anew; the
// next load has it, and its files with it. Of what the portal posts nothing is kept.

const HANDLER = '/handler';
const PLACEMENT = 'PAGE_BACKGROUND_WORKER';
/** Begins the names of the caches; another number when their shape changes. */
const PAGES = 'b24 page 1 ';
/** When the host was last told of a portal whose loads it does not see. */
const TOLD = 'b24 told 1';
const DAY_MS = 24 * 60 * 60 * 1000;
/** Stands in a kept page for the nonce, which is another for each answer. */
const NONCE = '__B24_NONCE__';

addEventListener('install', (event) => {
  skipWaiting();
  event.waitUntil(fetch(HANDLER).then(keep));
});

addEventListener('activate', (event) => event.waitUntil(forget((name) => !name.startsWith(PAGES) && name !== TOLD)));

addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  const { method, mode } = request;
  if (mode === 'navigate' && method === 'POST' && pathname === HANDLER) event.respondWith(answer(event).catch(() => fetch(request)));
  if (method === 'GET' && pathname.startsWith('/assets/')) event.respondWith(file(request).catch(() => fetch(request)));
});

/** The other placements have the same address, and are none of ours. */
async function answer(event) {
  const form = await event.request.clone().text();
  const page = new URLSearchParams(form).get('PLACEMENT') === PLACEMENT && await kept();
  if (!page) return fetch(event.request);
  event.waitUntil(renew(event.request.url, form));
  return withNonce(page, NONCE, fresh());
}

/** What has a page of its own version has its files with it. */
async function file(request) {
  // A module that failed once is asked for with a query.
  return (await caches.match(request, { ignoreSearch: true, ignoreVary: true })) ?? fetch(request);
}

let renewing;

/** Fetches the page. Once a day that is the portal's own post, by which the host learns of installs. */
function renew(url, form) {
  renewing ??= (async () => {
    const domain = `/${encodeURIComponent(new URL(url).searchParams.get('DOMAIN'))}`;
    const told = await caches.open(TOLD);
    const last = await told.match(domain);
    const isDue = !(Date.now() - Number(await last?.text()) < DAY_MS);
    const post = { method: 'POST', body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    const page = await fetch(isDue ? url : HANDLER, isDue ? post : undefined);
    await keep(page);
    if (isDue) await told.put(domain, new Response(String(Date.now())));
  })().catch(() => {}).finally(() => (renewing = undefined)); // with the next load, then
  return renewing;
}

/** Keeps the page, after all its files, if it is another than the one that is kept. */
async function keep(response) {
  if (!response.ok) throw new Error(`the host answered ${response.status}`);
  const [, nonce] = /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy'));
  const page = await withNonce(response, nonce, NONCE);
  const text = await page.clone().text();
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text + page.headers.get('content-security-policy')));
  const name = PAGES + hex(new Uint8Array(hash, 0, 8));
  const names = await pages();
  if (names.at(-1) === name) return;
  await caches.delete(name); // an older version that has come back, or one that was not finished
  const cache = await caches.open(name);
  await cache.addAll(new Set(text.match(/\/assets\/[\w./-]+/g)));
  await cache.put(HANDLER, page);
  // Pages of the version before this one are open, and may not have loaded all of it.
  const used = [names.at(-1), name];
  await forget((its) => its.startsWith(PAGES) && !used.includes(its));
}

/** The newest page that was kept whole. */
async function kept() {
  const name = (await pages()).at(-1);
  return name && caches.match(HANDLER, { cacheName: name });
}

/** The caches that have a page, in the order in which they were made. */
async function pages() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PAGES));
  const whole = await Promise.all(names.map((cacheName) => caches.match(HANDLER, { cacheName })));
  return names.filter((_, nth) => whole[nth]);
}

async function forget(which) {
  for (const name of await caches.keys()) if (which(name)) await caches.delete(name);
}

/** The same page, with another nonce. */
async function withNonce(page, from, to) {
  const headers = new Headers(page.headers);
  headers.set('content-security-policy', headers.get('content-security-policy').replaceAll(from, to));
  return new Response((await page.text()).replaceAll(from, to), { headers });
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const fresh = () => hex(crypto.getRandomValues(new Uint8Array(16)));

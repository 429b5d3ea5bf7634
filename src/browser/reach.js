// Reaches the one hub of this browser, portal and operator, and reaches it again whenever it was lost.
//
// It lives in a SharedWorker. Where there is none, one of the pages has it: the one that holds the
// lock of its name; the others speak to it over a BroadcastChannel of the same name. Where there are
// no locks either, each page has one of its own.

/**
 * @param {string} name of the hub
 * @param {boolean} signals whether a hub of the npm package listens to a backend's
 * @param {{ script?: string, hello?: unknown } | undefined} worker the hub's module, and what it is told first
 * @param {((name: string) => (port: object) => void) | undefined} here starts a hub in this page; gives what takes its ports
 * @param {(port: { postMessage(message: unknown, transfer?: unknown[]): void }) => void} reached
 *   called for each hub that is reached
 * @param {(data: unknown, port: object) => void} heard what it says
 * @param {(error: string) => void} failed
 * @param {() => void} outdated a hub of a newer version has taken this one's place
 */
export function reach(name, signals, worker = packaged(signals), here, reached, heard, failed, outdated) {
  const listen = (port) => {
    port.onmessage = ({ data }) => {
      if (data?.outdated) outdated();
      else if (data?.failed) failed(data.failed);
      else heard(data, port);
    };
    reached(port);
  };
  const begin = here ?? (async () => (await import(/* @vite-ignore */ worker.script)).here(name, worker.hello, failed));
  const inPages = () => pages(name, begin, listen, failed);
  if (here || typeof SharedWorker !== 'function') return inPages();
  shared(name, worker, listen, (why) => {
    failed(`the hub can't live in a SharedWorker (${why}); it lives in a page, and a call ends with that page`);
    inPages();
  });
}

/** The hub beside this module, as the npm package has it. */
function packaged(signals) {
  return {
    script: new URL('./hub.js', import.meta.url).href,
    hello: { wasm: new URL('./hub_bg.wasm', import.meta.url).href, signals },
  };
}

function shared(name, { script, hello }, listen, refused) {
  let worker;
  try {
    worker = new SharedWorker(script, { name, type: 'module', extendedLifetime: true });
  } catch (error) {
    return refused(error?.message ?? error);
  }
  worker.onerror = () => refused('its script could not be loaded');
  const { port } = worker;
  port.postMessage(hello);
  listen(port);
  const { onmessage } = port;
  port.onmessage = (event) => {
    onmessage(event);
    // Not yet the hub itself.
    if (event.data?.outdated || event.data?.failed) return;
    port.onmessage = onmessage;
    // It is there, and holds the lock of its name for as long as it lives.
    watch(name, () => {
      port.onmessage = null;
      shared(name, { script, hello }, listen, refused);
    });
  };
}

async function pages(name, begin, listen, failed) {
  const start = async () => {
    const { port1, port2 } = new MessageChannel();
    const attach = await begin(name);
    attach(port2);
    listen(port1);
    return attach;
  };
  if (!navigator.locks || typeof BroadcastChannel !== 'function') {
    failed('this browser has no Web Locks: each tab has a phone of its own, and an incoming call rings in all of them');
    return start();
  }
  const channel = new BroadcastChannel(name);
  const me = crypto.randomUUID();
  let mine = false;
  // Until the lock is ours, whoever holds it is the hub.
  const follow = () => {
    const port = {
      postMessage: (data) => channel.postMessage({ from: me, data }),
    };
    channel.onmessage = ({ data }) => {
      if (mine) return;
      if (data.hub) listen(port);
      else if (data.to === me) port.onmessage?.({ data: data.data });
    };
    listen(port);
  };
  follow();
  await navigator.locks.request(name, async () => {
    mine = true;
    const attach = await start();
    const ports = new Map();
    channel.onmessage = ({ data: { from, data } }) => {
      if (!from) return;
      if (!ports.has(from)) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => channel.postMessage({ to: from, data });
        attach(port2);
        ports.set(from, port1);
      }
      ports.get(from).postMessage(data);
    };
    channel.postMessage({ hub: me });
    await new Promise(() => {}); // for the page's life
  });
}

/** Holds a lock that tells others, by passing on, that this page is gone; gives what lets it go. */
export function alive(name) {
  let release = () => {};
  const held = new Promise((resolve) => (release = resolve));
  if (!navigator.locks) return { ready: Promise.resolve(), release };
  const ready = new Promise((resolve) => {
    navigator.locks.request(name, () => (resolve(), held)).catch(() => resolve());
  });
  return { ready, release };
}

/** Calls `gone` when whoever held this lock is gone. */
export function watch(name, gone) {
  navigator.locks?.request(name, { mode: 'shared' }, () => {}).then(gone, () => {});
}

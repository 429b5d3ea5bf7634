// The page's line to its server: a WebSocket for pushes, scripts and the log, and small POSTs.

export const config = JSON.parse(document.getElementById('portal-config').textContent);

/** What the server told last: faults, phone, calls, strikes. */
export const world = { faults: config.faults, phone: null, calls: [], strikes: 0, app: { placements: [], events: [] } };

const listeners = new Map();
const unsent = [];
let socket;

/** Registers for messages of one type: `push`, `ask`, `log`, `world`, `reset`. */
export function listen(type, fn) {
  if (!listeners.has(type)) listeners.set(type, []);
  listeners.get(type).push(fn);
}

/** Sends a message, now or when the line is up. */
export function send(message) {
  const text = JSON.stringify(message);
  if (socket?.readyState === WebSocket.OPEN) socket.send(text);
  else unsent.push(text);
}

/** Opens the line; after a restart of the server it opens it again, and after a way back to this page. */
export function connect() {
  open();
  // A page that is left, but kept for the way back, is none of the open ones.
  addEventListener('pagehide', () => {
    socket.onclose = null;
    socket.close();
  });
  addEventListener('pageshow', ({ persisted }) => persisted && open());
}

function open() {
  socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/portal/socket?page=${config.number}&user=${config.user}`);
  socket.onopen = () => {
    for (const text of unsent.splice(0)) socket.send(text);
    emit({ type: 'online' });
  };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.type === 'world') Object.assign(world, message.world);
    emit(message);
  };
  socket.onclose = () => setTimeout(open, 1000);
}

function emit(message) {
  for (const fn of listeners.get(message.type) ?? []) fn(message);
}

/** POSTs JSON; answers JSON, or undefined for an empty answer. Throws on any refusal. */
export async function post(path, body, method = 'POST') {
  const response = await fetch(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text.slice(0, 200) || `HTTP ${response.status}`);
  return text ? JSON.parse(text) : undefined;
}

/** Calls `fn` when the delay that `of(faults)` names is over, following the faults as they change. */
export function afterFault(of, fn) {
  const start = performance.now();
  let timer;
  let done = false;
  const look = () => {
    if (done) return;
    clearTimeout(timer);
    const left = of(world.faults) - (performance.now() - start);
    if (left <= 0) {
      done = true;
      fn();
    } else timer = setTimeout(look, left);
  };
  listen('world', look);
  look();
}

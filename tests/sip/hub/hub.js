// The phone of the SIP stories that runs in a SharedWorker, as the product's hub does: pages ask it by
// messages, and one of them has the seat. Its name is `{ adapter, settings, hurry }`.

const { adapter, settings, hurry } = JSON.parse(self.name);
for (const name of hurry > 1 ? ['setTimeout', 'setInterval'] : []) {
  const native = self[name];
  self[name] = (task, ms, ...rest) => native(task, ms / hurry, ...rest);
}

const told = [];
const ports = new Set();
/** Pages count by it how long their microphones stay open. */
const tellPages = (event) => ports.forEach((port) => port.postMessage({ event }));
const reports = [];
self.addEventListener('unhandledrejection', ({ reason }) => reports.push({ code: 'UNHANDLED', message: String(reason?.stack ?? reason) }));
const ready = import(`/signalling/${adapter}.js`).then(async ({ inHub }) => {
  const phone = await inHub(settings, { report: ({ code, message }) => reports.push({ code, message }) });
  self.softphone = phone;
  return phone;
});

const asked = {
  softphone: async (method, args) => {
    const phone = await ready;
    if (method === 'dial') tellPages({ type: 'dial', callId: args[0] });
    return typeof phone[method] === 'function' ? phone[method](...args) : phone[method];
  },
  statistics: async (callId) => [...((await (await ready).peerConnection(callId)?.getStats())?.values() ?? [])],
  start: async () => (await ready).start((event) => {
    told.push(event);
    tellPages({ type: event.type, callId: event.callId });
  }),
  seat: async (port) => (await ready).seat(port),
  told: () => told,
  reports: () => reports,
  close: () => self.close(),
  /** What a test does where signalling runs. */
  evaluate: (text, arg) => (0, eval)(`(${text})`)(arg),
};

self.onconnect = ({ ports: [port] }) => {
  ports.add(port);
  for (const { type, callId } of told) port.postMessage({ event: { type, callId } });
  port.onmessage = async ({ data: { number, name, args } }) => {
    try {
      port.postMessage({ number, answer: await asked[name](...args) });
    } catch (error) {
      port.postMessage({ number, error: { code: error.code, message: error.message } });
    }
  };
};

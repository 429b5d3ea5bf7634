// What a page's frame and its SharedWorker hold, by the browser's own tools.

/** Everything that should be no more after a thousand calls than before. */
export class Meter {
  /** @param {import('playwright-core').Frame} frame of another site than its page */
  static async on(browser, frame) {
    const it = new Meter();
    it.page = await frame.page().context().newCDPSession(frame);
    it.hub = await sharedWorker(await browser.newBrowserCDPSession());
    await it.page.send('Performance.enable');
    return it;
  }

  /** Numbers by their names, after a collection of garbage: kilobytes, and counts. */
  async read() {
    const { page, hub } = this;
    return {
      page_heap_kb: await heap(page),
      page_wasm_kb: await wasm(page),
      listeners: await listeners(page),
      ports: await count(page, 'MessagePort'),
      sockets: await count(page, 'WebSocket'),
      locks: await ask(page, 'navigator.locks.query().then(({ held, pending }) => held.length + pending.length)'),
      peer_connections: await count(page, 'RTCPeerConnection'),
      open_peer_connections: await count(page, 'RTCPeerConnection', "filter((it) => it.signalingState !== 'closed').length"),
      ...(hub && {
        hub_heap_kb: await heap(hub),
        hub_wasm_kb: await wasm(hub),
        hub_listeners: await ask(hub, 'Object.values(getEventListeners(self)).flat().length'),
        hub_ports: await count(hub, 'MessagePort'),
        hub_sockets: await count(hub, 'WebSocket'),
      }),
    };
  }
}

async function listeners(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSEventListeners').value;
}

async function heap(session) {
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize / 1024;
}

const wasm = (session) => count(session, 'WebAssembly.Memory', 'reduce((sum, { buffer }) => sum + buffer.byteLength, 0) / 1024');

/** How many objects of a kind there are, or what else is made of them all. */
async function count(session, kind, make = 'length') {
  const objectGroup = 'meter';
  const { result: prototype } = await session.send('Runtime.evaluate', { expression: `globalThis.${kind}?.prototype`, objectGroup });
  if (!prototype.objectId) throw new Error(`nobody knows ${kind} here`);
  const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: prototype.objectId, objectGroup });
  const { result } = await session.send('Runtime.callFunctionOn', {
    objectId: objects.objectId, functionDeclaration: `function () { return this.${make}; }`, returnByValue: true,
  });
  await session.send('Runtime.releaseObjectGroup', { objectGroup });
  return result.value;
}

async function ask(session, expression) {
  const { result } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true, includeCommandLineAPI: true });
  return result.value;
}

/** A session with the SharedWorker, if there is one; the driver has none of its own. */
async function sharedWorker(devtools) {
  const { targetInfos } = await devtools.send('Target.getTargets');
  const target = targetInfos.find(({ type }) => type === 'shared_worker');
  if (!target) return undefined;
  const { targetId } = target;
  const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: false });
  const waiting = new Map();
  devtools.on('Target.receivedMessageFromTarget', ({ message, sessionId: from }) => {
    if (from !== sessionId) return;
    const { id, result, error } = JSON.parse(message);
    const [resolve, reject] = waiting.get(id) ?? [];
    waiting.delete(id);
    if (error) reject?.(new Error(error.message));
    else resolve?.(result);
  });
  let last = 0;
  return {
    send(method, params = {}) {
      const id = ++last;
      const answered = new Promise((resolve, reject) => waiting.set(id, [resolve, reject]));
      devtools.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) }).catch((error) => waiting.get(id)?.[1](error));
      return answered;
    },
  };
}

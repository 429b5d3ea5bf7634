// What the handler page does once the portal's load clock no longer matters: fetches the worker and
// the softphone, then BX24.js, and starts the worker. Whatever fails becomes a coded entry of
// `b24worker.errors`; nothing is ever thrown at the portal, and the page never reloads itself, for
// that would count as a slow load.

import { loadBx24 } from './bx24.js';
import { tabs } from './tabs.js';

/** How long a part may take before somebody should know. It is waited for all the same. */
const ALARM_MS = 15_000;
/** Pauses before something is fetched again. */
const PAUSES_MS = [1000, 4000, 15_000];
/** When the page is given to the service worker: it takes no time from the page that is just loading. */
const KEEP_MS = 8000;
/** How many errors are kept. */
const KEPT = 50;

/**
 * @param {{
 *   bx24: string, direct?: string, glue: string, wasm: string, hub: { script: string, wasm: string, version: number }, adapter?: { module: string, options?: unknown, signalling?: string, media?: string },
 *   worker?: { statusTexts?: object, lines?: string[], signals?: boolean }, texts?: string, recorder?: { module: string, options?: object },
 *   account?: { module: string, sip: boolean, turn?: boolean }, callbacks?: string, diagnostics?: string, serviceWorker?: string, version?: string,
 * }} config
 * @param {{ state: string, errors: object[], registered?: boolean, worker?: object, softphone?: object, changed?: () => void }} page
 *   `globalThis.b24worker`
 * @param {Promise<unknown>} loaded settles when the frame has fired `load`
 * @param {Promise<Response>} [wasm] the worker's module, which the page has begun to fetch
 */
export async function start(config, page, loaded, wasm) {
  const report = (code, error) => {
    const message = redact(String(error?.message ?? error));
    const help = absolute(`/errors#${code}`);
    page.errors.push({ code, message, at: Date.now(), help });
    if (page.errors.length > KEPT) page.errors.shift();
    console.error(`[call worker] ${code}: ${message} (${help})`);
    page.changed?.();
  };
  // What nobody caught, in the worker or in the adapter, is told here and nowhere else.
  addEventListener('error', ({ error, message }) => report('UNEXPECTED', error ?? message));
  addEventListener('unhandledrejection', ({ reason }) => report('UNEXPECTED', reason));
  let running;
  const started = new Promise((resolve) => (running = resolve));
  if (config.diagnostics) {
    // Once is enough: the worker needs none of it.
    loaded.then(() => import(config.diagnostics))
      .then((it) => it.tell(config.version, page, started))
      .catch((error) => report('MODULE_UNREACHABLE', error));
  }
  try {
    if (globalThis === globalThis.top || !globalThis.name) {
      const message = 'this page works only in the frame that a Bitrix24 page opens for it: bind it to PAGE_BACKGROUND_WORKER';
      if (globalThis === globalThis.top) document.body.textContent = message; // somebody looks at it
      throw coded('NOT_IN_FRAME', message);
    }
    const bx24 = config.direct ? loadDirect(config, report) : loaded.then(() => loadBx24(config.bx24, report));
    const [CallWorker, statusTexts] = await Promise.all([loadWorker(config, wasm, report), loadTexts(config, report), bx24]);
    const lines = config.worker?.lines ?? [];
    page.worker = await CallWorker.start({
      ...config.worker,
      lines,
      statusTexts,
      hub: { script: absolute(config.hub.script), hello: { wasm: absolute(config.hub.wasm), signals: config.worker?.signals, phone: !!config.adapter?.signalling, version: config.hub.version } },
      // Only the tab with the seat makes one: the others load nothing of it.
      softphone: config.adapter && (() => seated(config, page, report, loadSoftphone)),
      media: () => seated(config, page, report, loadMedia),
      // Why this tab could not make the softphone is told already, by its own code.
      report: (error) => (page.cause && error.message.includes(page.cause)) || report(codeOf(error, 'UNKNOWN'), error),
    });
    // A browser that plays nothing before a click may play after it.
    page.worker.on('cardevent', () => page.softphone?.heedClick?.());
    page.worker.on('registration', ({ registered }) => (page.registered = registered));
    if (page.state === 'loading') page.state = 'ready';
    running(page.worker);
    if (config.account) renewWithAccount(page);
    if (config.serviceWorker) setTimeout(keepPage, KEEP_MS, config.serviceWorker);
    if (config.callbacks) {
      import(config.callbacks).then((it) => it.tell(page.worker)).catch((error) => report('MODULE_UNREACHABLE', error));
    }
  } catch (error) {
    page.state = 'failed';
    report(codeOf(error, 'UNKNOWN'), error);
  }
}

/** The next page of this browser needs nothing of the host. Where a browser refuses that, its HTTP cache has the files. */
function keepPage(script) {
  navigator.serviceWorker?.register(script, { updateViaCache: 'none' }).catch(() => {});
}

const absolute = (path) => new URL(path, location.href).href;

/**
 * This tab has the seat: its softphone is made, or what it needs of a page, by the operator's own account if there
 * are accounts.
 */
async function seated(config, page, report, load) {
  try {
    // The host knows the operator by the portal's token.
    const account = config.account ? loadAccount(config, page, report) : { options: config.adapter.options };
    const loaded = await load(config.adapter, account, report, page);
    const { line } = await account;
    const lines = config.worker?.lines ?? [];
    if (line && !lines.includes(line)) page.worker?.setLines([...lines, line]);
    if (config.recorder && !page.recording) page.recording = record(config.recorder, page, report);
    page.state = 'ready';
    page.cause = undefined; // should it fail like that again, it is news again
    return loaded;
  } catch (error) {
    page.state = 'failed';
    page.cause = String(error?.message ?? error);
    report(codeOf(error, 'SOFTPHONE'), error);
    throw error;
  }
}

/** Microphone, RTCPeerConnection and speaker, for a softphone whose signalling is in the hub. */
async function loadMedia({ media, signalling }, account, report, page) {
  const [{ serve }, { options, iceServers }] = await Promise.all([
    again('ADAPTER_UNREACHABLE', media, report, (retry) => import(media + retry)),
    account,
  ]);
  const { port1, port2 } = new MessageChannel();
  const seat = serve(port1, adapterPage(page, report, iceServers));
  page.softphone = seat;
  return { port: port2, phone: { module: absolute(signalling), options: options ?? {} }, stop: () => seat.stop() };
}

/** What an adapter has of the page, see `AdapterPage`. */
const adapterPage = (page, report, iceServers) => ({
  report: (problem) => report(codeOf(problem, 'SOFTPHONE'), problem),
  confirmTransfer: (to) => page.confirmTransfer?.(to) ?? false,
  iceServers,
});

/** An account that is saved while pages are open takes effect as soon as no call is up. */
function renewWithAccount(page) {
  tabs().onmessage = ({ data }) => {
    if (data?.type === 'account' && page.softphone && page.worker.hasSeat) page.worker.renewSoftphone();
  };
}

/** A call that can't be recorded is a call all the same. */
async function record({ module, options }, page, report) {
  try {
    const recorder = await again('RECORDING', module, report, (retry) => import(module + retry));
    const its = { peerConnection: (callId) => page.softphone?.peerConnection?.(callId) };
    return await recorder.record(page.worker, its, {
      ...options,
      report: (problem) => report(codeOf(problem, 'RECORDING'), problem),
    });
  } catch (error) {
    report(codeOf(error, 'RECORDING'), error);
  }
}

async function loadWorker({ glue, wasm }, fetched, report) {
  const module = await again('MODULE_UNREACHABLE', 'the worker\'s glue', report, (retry) => import(glue + retry));
  await again('WASM_REFUSED', 'the worker\'s wasm', report, (retry) => module.default({ module_or_path: (!retry && fetched) || wasm + retry }));
  return module.CallWorker;
}

/** The portal is spoken to by ourselves: BX24.js is not loaded. */
async function loadDirect({ direct }, report) {
  const module = await again('MODULE_UNREACHABLE', 'the direct transport', report, (retry) => import(direct + retry));
  module.direct();
}

/** The card's texts in the portal's language, and over them the integrator's. Without the table they are English. */
async function loadTexts({ texts, worker }, report) {
  const language = new URLSearchParams(location.search).get('LANG') ?? 'en';
  if (!texts || language === 'en') return worker?.statusTexts;
  try {
    const module = await again('MODULE_UNREACHABLE', 'the card\'s texts', report, (retry) => import(texts + retry));
    return { ...module.statusTexts(language), ...worker?.statusTexts };
  } catch (error) {
    report('MODULE_UNREACHABLE', error);
    return worker?.statusTexts;
  }
}

async function loadAccount({ account, adapter }, page, report) {
  const module = await again('MODULE_UNREACHABLE', 'the account\'s module', report, (retry) => import(account.module + retry));
  return module.account({ given: adapter.options, sip: account.sip, turn: account.turn }, page, report);
}

async function loadSoftphone({ module }, account, report, page) {
  const [adapter, { options, iceServers }] = await Promise.all([
    again('ADAPTER_UNREACHABLE', module, report, (retry) => import(module + retry)),
    account,
  ]);
  if (typeof adapter.default !== 'function') {
    throw coded('ADAPTER_UNREACHABLE', `${module} has no default export; it must export a function that makes a softphone`);
  }
  const softphone = await makeSoftphone(module, adapter.default, options ?? {}, adapterPage(page, report, iceServers), report);
  page.softphone = softphone;
  // One that does not start is made again; until it has started this page is not well.
  const start = softphone.start.bind(softphone);
  softphone.start = async (emit) => {
    try {
      await start(emit);
    } catch (error) {
      page.state = 'failed';
      throw error;
    }
  };
  return softphone;
}

async function makeSoftphone(module, factory, options, page, report) {
  let softphone;
  try {
    softphone = await attended('SOFTPHONE', 'the adapter\'s factory', report, factory(options, page));
  } catch (error) {
    throw coded('SOFTPHONE', `the adapter could not make a softphone: ${error?.message ?? error}`);
  }
  if (typeof softphone?.start !== 'function') {
    throw coded('SOFTPHONE', `what ${module} made is no softphone: it has no method start`);
  }
  return softphone;
}

/**
 * Does it until it succeeds, a few times. `attempt` gets what to add to an address: a module that
 * could not be fetched stays failed under its own.
 */
async function again(code, what, report, attempt) {
  for (let tries = 0; ; tries++) {
    try {
      return await attended(code, what, report, attempt(tries ? `?retry=${tries}` : ''));
    } catch (error) {
      const message = `${what}: ${error?.message ?? error}`;
      if (tries === PAUSES_MS.length) throw coded(code, message);
      report(code, message);
      await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[tries]));
    }
  }
}

/** Waits for it, and says so when that takes long. */
async function attended(code, what, report, promise) {
  const alarm = setTimeout(() => report(code, `${what}: nothing for ${ALARM_MS / 1000} s; still waiting`), ALARM_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(alarm);
  }
}

const coded = (code, message) => Object.assign(new Error(message), { code });

/** Our own codes are words; those of a DOMException are numbers. */
const codeOf = (error, otherwise) => (/^[A-Z][A-Z0-9_]{1,40}$/.test(error?.code) ? error.code : otherwise);

/** Diagnostics are read by others: no token and no whole phone number stays in them. */
function redact(text) {
  return text.replace(/[0-9a-f]{32,}/gi, '…').replace(/\+?\d[\d\s().-]{5,}\d/g, (number) => `…${number.slice(-2)}`);
}

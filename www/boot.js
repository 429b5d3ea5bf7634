// What the handler page does once the portal's load clock no longer matters: fetches the worker and
// the softphone, then BX24.js, and starts the worker. Whatever fails becomes a coded entry of
// `b24worker.errors`; nothing is ever thrown at the portal, and the page never reloads itself, for
// that would count as a slow load.

/** How long BX24.js may take before somebody should know. It is waited for all the same. */
const BX24_ALARM_MS = 15_000;
/** Pauses before something is fetched again. */
const PAUSES_MS = [1000, 4000, 15_000];
/** How many errors are kept. */
const KEPT = 50;

/**
 * @param {{ bx24: string, glue: string, wasm: string, adapter: { module: string, options?: unknown }, worker?: object }} config
 * @param {{ state: string, errors: object[], worker?: object, softphone?: object }} page `globalThis.b24worker`
 * @param {Promise<unknown>} loaded settles when the frame has fired `load`
 */
export async function start(config, page, loaded) {
  const report = (code, error) => {
    const message = redact(String(error?.message ?? error));
    page.errors.push({ code, message, at: Date.now() });
    if (page.errors.length > KEPT) page.errors.shift();
    console.error(`[call worker] ${code}: ${message}`);
  };
  try {
    if (globalThis === globalThis.top || !globalThis.name) {
      throw coded('NOT_IN_FRAME', 'this page works only in the hidden frame of a Bitrix24 page: bind it to PAGE_BACKGROUND_WORKER');
    }
    const [CallWorker, softphone] = await Promise.all([
      loadWorker(config, report),
      loadSoftphone(config.adapter, report).then((it) => (page.softphone = it)),
      loaded.then(() => loadBx24(config.bx24, report)),
    ]);
    addEventListener('pagehide', () => softphone.stop?.());
    page.worker = await CallWorker.start({
      ...config.worker,
      softphone,
      report: (error) => report(error.code, error),
    });
    page.state = 'ready';
  } catch (error) {
    report(error?.code ?? 'UNKNOWN', error);
    page.state = 'failed';
  }
}

async function loadWorker({ glue, wasm }, report) {
  const module = await again('MODULE_UNREACHABLE', report, (retry) => import(glue + retry));
  await again('WASM_REFUSED', report, (retry) => module.default({ module_or_path: wasm + retry }));
  return module.CallWorker;
}

async function loadSoftphone({ module, options }, report) {
  const adapter = await again('ADAPTER_UNREACHABLE', report, (retry) => import(module + retry));
  if (typeof adapter.default !== 'function') {
    throw coded('ADAPTER_UNREACHABLE', `${module} has no default export; it must export a function that makes a softphone`);
  }
  try {
    return await adapter.default(options ?? {});
  } catch (error) {
    throw coded('SOFTPHONE', `the adapter could not make a softphone: ${error?.message ?? error}`);
  }
}

/** Loads BX24.js, for as long as it takes. */
async function loadBx24(url, report) {
  for (let attempt = 0; ; attempt++) {
    const alarm = setTimeout(() => report('BX24_UNREACHABLE', `${url} has not answered for ${BX24_ALARM_MS / 1000} s; still waiting`), BX24_ALARM_MS);
    const outcome = await inject(url).catch((error) => error);
    clearTimeout(alarm);
    if (!outcome) break;
    report('BX24_UNREACHABLE', `${url} can't be loaded; the worker tries again and starts when it can`);
    await pause(PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]);
  }
  if (!globalThis.BX24) {
    throw coded('NOT_IN_FRAME', 'BX24.js found no portal: the frame has lost the name the portal gave it');
  }
}

function inject(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error('not loaded'));
    };
    document.head.append(script);
  });
}

/**
 * Does it until it succeeds, a few times. `attempt` gets what to add to an address: a module that
 * could not be fetched stays failed under its own.
 */
async function again(code, report, attempt) {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt(tries ? `?retry=${tries}` : '');
    } catch (error) {
      if (tries === PAUSES_MS.length) throw coded(code, error?.message ?? error);
      report(code, error);
      await pause(PAUSES_MS[tries]);
    }
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const coded = (code, message) => Object.assign(new Error(String(message)), { code });

/** Diagnostics are read by others: no token and no whole phone number stays in them. */
function redact(text) {
  return text.replace(/[0-9a-f]{32,}/gi, '…').replace(/\+?\d[\d\s().-]{5,}\d/g, (number) => `…${number.slice(-2)}`);
}

// What the handler page does once the portal's load clock no longer matters: fetches the worker and
// the softphone, then BX24.js, and starts the worker. Whatever fails becomes a coded entry of
// `b24worker.errors`; nothing is ever thrown at the portal, and the page never reloads itself, for
// that would count as a slow load.

/** How long a part may take before somebody should know. It is waited for all the same. */
const ALARM_MS = 15_000;
/** Pauses before something is fetched again. */
const PAUSES_MS = [1000, 4000, 15_000];
/** How many errors are kept. */
const KEPT = 50;

/**
 * @param {{
 *   bx24: string, glue: string, wasm: string, adapter: { module: string, options?: unknown },
 *   worker?: object, recorder?: { module: string, options?: object },
 *   account?: { module: string, sip: boolean }, callbacks?: string, diagnostics?: string, version?: string,
 * }} config
 * @param {{ state: string, errors: object[], registered?: boolean, worker?: object, softphone?: object, changed?: () => void }} page
 *   `globalThis.b24worker`
 * @param {Promise<unknown>} loaded settles when the frame has fired `load`
 */
export async function start(config, page, loaded) {
  const report = (code, error) => {
    const message = redact(String(error?.message ?? error));
    page.errors.push({ code, message, at: Date.now() });
    if (page.errors.length > KEPT) page.errors.shift();
    console.error(`[call worker] ${code}: ${message}`);
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
      const message = 'this page works only in the hidden frame of a Bitrix24 page: bind it to PAGE_BACKGROUND_WORKER';
      if (globalThis === globalThis.top) document.body.textContent = message; // somebody looks at it
      throw coded('NOT_IN_FRAME', message);
    }
    const bx24 = loaded.then(() => loadBx24(config.bx24, report));
    // The host knows the operator by the portal's token, so BX24.js comes first.
    const account = config.account ? bx24.then(() => loadAccount(config, page, report)) : { options: config.adapter.options };
    const [CallWorker, softphone, { line }] = await Promise.all([
      loadWorker(config, report),
      loadSoftphone(config.adapter, account, report).then((it) => (page.softphone = it)),
      account,
      bx24,
    ]);
    const lines = config.worker?.lines ?? [];
    page.worker = await CallWorker.start({
      ...config.worker,
      lines: line && !lines.includes(line) ? [...lines, line] : lines,
      softphone,
      report: (error) => report(codeOf(error, 'UNKNOWN'), error),
    });
    page.worker.on('registration', ({ registered }) => (page.registered = registered));
    page.state = 'ready';
    running(page.worker);
    if (config.recorder) record(config.recorder, page, report);
    if (config.callbacks) {
      import(config.callbacks).then((it) => it.tell(page.worker)).catch((error) => report('MODULE_UNREACHABLE', error));
    }
  } catch (error) {
    page.state = 'failed';
    report(codeOf(error, 'UNKNOWN'), error);
    // It may be registered by now, and would ring where nobody hears it.
    const stop = async () => page.softphone?.stop?.();
    stop().catch((error) => report('SOFTPHONE', error));
  }
}

/** A call that can't be recorded is a call all the same. */
async function record({ module, options }, page, report) {
  try {
    const recorder = await again('RECORDING', module, report, (retry) => import(module + retry));
    await recorder.record(page.worker, page.softphone, {
      ...options,
      report: (problem) => report(codeOf(problem, 'RECORDING'), problem),
    });
  } catch (error) {
    report('RECORDING', error);
  }
}

async function loadWorker({ glue, wasm }, report) {
  const module = await again('MODULE_UNREACHABLE', 'the worker\'s glue', report, (retry) => import(glue + retry));
  await again('WASM_REFUSED', 'the worker\'s wasm', report, (retry) => module.default({ module_or_path: wasm + retry }));
  return module.CallWorker;
}

async function loadAccount({ account, adapter }, page, report) {
  const module = await again('MODULE_UNREACHABLE', 'the account\'s module', report, (retry) => import(account.module + retry));
  return module.account({ given: adapter.options, sip: account.sip }, page, report);
}

async function loadSoftphone({ module }, account, report) {
  const [adapter, { options }] = await Promise.all([
    again('ADAPTER_UNREACHABLE', module, report, (retry) => import(module + retry)),
    account,
  ]);
  if (typeof adapter.default !== 'function') {
    throw coded('ADAPTER_UNREACHABLE', `${module} has no default export; it must export a function that makes a softphone`);
  }
  // What goes wrong without ending a call, an adapter tells through its second argument.
  const page = { report: (problem) => report(codeOf(problem, 'SOFTPHONE'), problem) };
  const make = () => makeSoftphone(module, adapter.default, options ?? {}, page, report);
  return returning(await make(), make, report);
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
 * A softphone that signs off when the page is left. A browser may keep the page as it is and bring
 * it back by its Back button: then another one, made anew, takes its place.
 */
function returning(first, make, report) {
  let now = first;
  let emit;
  const begin = () => {
    const mine = now;
    return mine.start((event) => mine === now && emit(event));
  };
  addEventListener('pagehide', () => {
    emit?.({ type: 'unregistered' });
    void now.stop?.();
  });
  addEventListener('pageshow', async ({ persisted }) => {
    if (!persisted) return;
    try {
      now = await make();
      if (emit) await begin();
    } catch (error) {
      report('SOFTPHONE', error);
    }
  });
  const start = (tell) => {
    emit = tell;
    return begin();
  };
  return new Proxy({}, {
    get: (_, name) => (name === 'start' ? start : typeof now[name] === 'function' ? now[name].bind(now) : now[name]),
  });
}

/** Loads BX24.js, for as long as it takes. */
async function loadBx24(url, report) {
  for (let attempt = 0; ; attempt++) {
    try {
      await attended('BX24_UNREACHABLE', url, report, inject(url));
      break;
    } catch {
      report('BX24_UNREACHABLE', `${url} can't be loaded; the worker tries again and starts when it can`);
      await pause(PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]);
    }
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
async function again(code, what, report, attempt) {
  for (let tries = 0; ; tries++) {
    try {
      return await attended(code, what, report, attempt(tries ? `?retry=${tries}` : ''));
    } catch (error) {
      const message = `${what}: ${error?.message ?? error}`;
      if (tries === PAUSES_MS.length) throw coded(code, message);
      report(code, message);
      await pause(PAUSES_MS[tries]);
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

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const coded = (code, message) => Object.assign(new Error(String(message)), { code });

/** Our own codes are words; those of a DOMException are numbers. */
const codeOf = (error, otherwise) => (/^[A-Z][A-Z0-9_]{1,40}$/.test(error?.code) ? error.code : otherwise);

/** Diagnostics are read by others: no token and no whole phone number stays in them. */
function redact(text) {
  return text.replace(/[0-9a-f]{32,}/gi, '…').replace(/\+?\d[\d\s().-]{5,}\d/g, (number) => `…${number.slice(-2)}`);
}

// BX24.js for a handler page: fetched when the portal's load clock no longer runs, for as long as it takes.

const PUBLIC = 'https://api.bitrix24.com/api/v1/';
const PAUSES_MS = [1000, 4000, 15_000];
/** How long it may take before somebody should know. It is waited for all the same. */
const ALARM_MS = 15_000;

/**
 * Waits for the page's `load`, and puts BX24.js into it.
 *
 * @param {string} [url] the portal's BX24.js
 * @param {(code: string, message: string) => void} [report] hears of a server that can't be reached; it is tried again
 */
export async function loadBx24(url = PUBLIC, report = (code, message) => console.warn(code, message)) {
  if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
  for (let tries = 0; !globalThis.BX24; tries++) {
    if (!globalThis.name) throw coded('NOT_IN_FRAME', 'this page works only in the frame that a Bitrix24 page opens for it');
    const alarm = setTimeout(() => report('BX24_UNREACHABLE', `${url}: nothing for ${ALARM_MS / 1000} s; still waiting`), ALARM_MS);
    try {
      await inject(url).finally(() => clearTimeout(alarm));
      if (!globalThis.BX24) throw coded('NOT_IN_FRAME', 'BX24.js found no portal: the frame has lost the name the portal gave it');
    } catch (error) {
      if (error.code === 'NOT_IN_FRAME') throw error;
      report('BX24_UNREACHABLE', `${url} can't be loaded; the worker tries again and starts when it can`);
      await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]));
    }
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

const coded = (code, message) => Object.assign(new Error(message), { code });

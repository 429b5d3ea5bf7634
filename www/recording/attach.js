// Attaches finished records to their calls on the portal, each once, however many tabs are open.

/** Pauses before an attempt is made again. After the last, the next page tries. */
const PAUSES_MS = [2000, 10_000, 60_000, 300_000];
/** A portal that does not let the page upload gets the record inside the request, if it is no longer than this. */
const INLINE_BYTES = 8_000_000;
const DEADLINE_MS = 15_000;
const INLINE_DEADLINE_MS = 120_000;

export class Attachment {
  #store;
  #report;

  constructor(store, report) {
    this.#store = store;
    this.#report = report;
  }

  /** What earlier pages left. A record whose call was never finished has nothing to be attached to. */
  async rest(keptMs) {
    for (const [key, call] of await this.#store.calls()) {
      if (Date.now() - call.startedAt > keptMs) await this.#store.drop(key);
      else if (call.callId) await this.one(key);
    }
  }

  /** One record, tried until it is attached, refused, or tried often enough. */
  one(key) {
    // Another tab may be about it: then that one does it.
    return navigator.locks.request(`b24-record:${key}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      for (let attempt = 0; ; attempt++) {
        try {
          await this.#attach(key);
          return;
        } catch (error) {
          const last = error.final || attempt === PAUSES_MS.length;
          const next = last ? 'kept, and offered again by the next page' : 'trying again';
          this.#report({ code: error.code ?? 'RECORDING', message: `the record is not attached: ${error.message}; ${next}` });
          if (last) return;
          await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[attempt]));
        }
      }
    });
  }

  async #attach(key) {
    const call = await this.#store.call(key);
    if (!call) return;
    const wav = await this.#store.wav(key);
    if (wav) {
      const params = { CALL_ID: call.callId, FILENAME: `call-${call.startedAt}.wav` };
      const answer = await callMethod('telephony.externalCall.attachRecord', params);
      const uploaded = await upload(answer, wav, params.FILENAME);
      if (uploaded !== true && !(await isStored(call.callId))) await inline(params, wav, uploaded);
    }
    await this.#store.drop(key);
  }
}

/** `true`, or why not. */
async function upload({ uploadUrl, fieldName }, wav, name) {
  if (!uploadUrl) return 'it gives no address to upload to';
  const body = new FormData();
  body.append(fieldName || 'file', wav, name);
  try {
    const response = await fetch(uploadUrl, { method: 'POST', body });
    const said = await response.json().catch(() => ({}));
    if (response.ok && !said.error) return true;
    return said.error_description || said.error || `HTTP ${response.status}`;
  } catch (error) {
    return error.message; // the network, or the portal does not admit this page
  }
}

/** Where the portal does not let this page read the answer, the record may have arrived all the same. */
async function isStored(callId) {
  try {
    const [call] = await callMethod('voximplant.statistic.get', { FILTER: { CALL_ID: callId } });
    return !!(call?.RECORD_FILE_ID || call?.CALL_RECORD_URL);
  } catch {
    return false; // not everybody may look: once more is better than not at all
  }
}

async function inline(params, wav, why) {
  if (wav.size > INLINE_BYTES) {
    throw refused(`the portal does not take the upload (${why}), and the record is too long to be sent otherwise`);
  }
  const bytes = new Uint8Array(await wav.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  await callMethod('telephony.externalCall.attachRecord', { ...params, FILE_CONTENT: btoa(text) }, INLINE_DEADLINE_MS);
}

/** BX24.js is silent when a request is lost: hence the deadline. */
function callMethod(method, params, deadlineMs = DEADLINE_MS) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${method}: no answer in ${deadlineMs / 1000} s`)), deadlineMs);
    globalThis.BX24.callMethod(method, params, (result) => {
      clearTimeout(timer);
      const error = result.error();
      if (!error) return resolve(result.data() ?? {});
      const { error: code, error_description: text } = error.getError?.() ?? {};
      const said = `${method}: ${code ?? error}: ${text ?? ''}`;
      // The portal writes a finished call down in its own time, and takes no record before.
      const early = /not (found|in the) .*statistic|not finished/i.test(text ?? '');
      reject(early || /LIMIT|INTERNAL|UNAVAILABLE|expired/i.test(String(code)) ? new Error(said) : refused(said));
    });
  });
}

const refused = (message) => Object.assign(new Error(message), { code: 'RECORD_REFUSED', final: true });

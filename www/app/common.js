// What the app's pages share. It stands inside each page, before the page's own script.
const TEXTS = {};
const $ = (selector) => document.querySelector(selector);
let language = 'en';

/** The text in the portal's language, or in English. */
function t(key) {
  return TEXTS[language]?.[key] ?? TEXTS.en[key] ?? key;
}

function translate() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
}

/** The portal's token, renewed by the portal when it has run out. */
function auth() {
  return new Promise((resolve, reject) => {
    const now = BX24.getAuth();
    if (now) return resolve(now);
    setTimeout(() => reject(new Error(t('noAuth'))), 10000);
    BX24.refreshAuth((fresh) => (fresh ? resolve(fresh) : reject(new Error(t('noAuth')))));
  });
}

/** Asks the host in the user's name. The token goes in a header: addresses end up in logs. */
async function ask(method, path, body) {
  const { access_token, member_id } = await auth();
  const answer = await fetch(path.replace(':portal', encodeURIComponent(member_id)), {
    method,
    headers: { Authorization: `Bearer ${access_token}` },
    body: body && JSON.stringify(body),
    cache: 'no-store',
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.trim() || `HTTP ${answer.status}`);
  return text && JSON.parse(text);
}

/** The tabs of this browser on this portal. www/tabs.js has the same line, and what they say. */
const tabs = new BroadcastChannel(`b24-call-worker ${globalThis.name.split('|')[0]}`);

/** Signals this user's worker, in whichever tab it is. */
const signal = (command, fields = {}) => ask('POST', '/signals/:portal', { command, fields });

/** Says how it went, at the page's first place for that or at another. */
function tell(text, state = '', status = $('[role=status]')) {
  status.textContent = text;
  status.dataset.state = state;
}

/** A code that leads to its cause and cure. */
function codeLink(code) {
  const href = `/errors#${encodeURIComponent(code)}`;
  return Object.assign(document.createElement('a'), { textContent: code, href, target: '_blank', rel: 'noopener' });
}

/** Starts the page once the portal has answered. */
function start(page) {
  if (!globalThis.BX24) {
    translate();
    return tell(t('noPortal'), 'bad');
  }
  BX24.init(() => {
    language = String(BX24.getLang?.() ?? 'en').slice(0, 2);
    translate();
    Promise.resolve(page()).catch((error) => tell(error.message, 'bad'));
  });
}

// A tab tells the app's own pages how its worker is, whatever state that is in. Nobody opens the
// console of a hidden frame; the page behind a link with action=diagnostics draws these answers.

import { tabs } from './tabs.js';

/** How many errors are told. */
const TOLD = 5;
/** How often the simulator is told what no event tells: it costs every tab processor time. */
const LOOK_MS = 5000;

/**
 * Answers for as long as the page lives.
 *
 * @param {string} version the host's
 * @param {{ state: string, errors: object[], registered?: boolean, worker?: object, changed?: () => void }} page
 *   `globalThis.b24worker`; it calls `changed` after each error
 * @param {Promise<object>} started the worker, once there is one
 */
export function tell(version, page, started) {
  const channel = tabs();
  const tab = Math.random().toString(36).slice(2);
  const since = Date.now();
  let signalled = false;
  const answer = () => channel.postMessage({ ...portrait(page), type: 'tab', tab, version, since, signalled });
  channel.onmessage = ({ data }) => data?.type === 'ask' && answer();
  started.then((worker) => {
    worker.on('registration', answer);
    worker.on('signal', ({ command }) => {
      if (command !== 'diagnostics') return;
      signalled = true; // so signals reach this tab
      answer();
    });
    answer();
  });
  page.changed = answer;
  tellSimulator(page, started);
  // The page that asks may be quicker than the worker of its own tab.
  answer();
}

/**
 * The simulator's dock shows how each tab is. A real portal is told nothing: this is posted to a portal on this machine
 * and to its origin alone.
 */
function tellSimulator(page, started) {
  const [portal] = globalThis.name.split('|');
  if (!/(^|\.)localhost(:\d+)?$/.test(portal)) return;
  let told;
  const look = () => {
    const { state, registered, worker } = page;
    const { state: call, held, mediaLost } = worker?.call ?? {};
    const seat = worker?.hasSeat === true;
    const b24worker = { state, registered: registered === true, call, seat, sound: seat && call === 'connected' && !held && !mediaLost };
    const text = JSON.stringify(b24worker);
    if (text !== told) parent.postMessage({ b24worker }, `${location.protocol}//${portal}`);
    told = text;
  };
  setInterval(look, LOOK_MS);
  started.then((worker) => ['callchanged', 'registration'].forEach((event) => worker.on(event, look)));
}

/** No number, name or token: of a call only where it stands. Errors were cleaned when they were kept. */
function portrait({ state, errors, registered, worker }) {
  const call = worker?.call;
  return {
    state,
    registered: registered === true,
    call: call && { state: call.state, direction: call.direction, held: call.held, muted: call.muted, transfer: call.transfer },
    visible: document.visibilityState === 'visible',
    errors: errors.slice(-TOLD).map(({ code, message, at }) => ({ code, message, at })),
  };
}

// The ear of a handler page: it hears the call card's events from the page's first moment, before any other
// file is there, and keeps them in order until the worker takes over. An event that is bound before the portal's page
// has published it is lost for good, and one bound twice is told twice: hence one ear in a page, which asks until
// all are published and then binds each once.

import { portal } from './frame.js';

const EVENTS = [
  'initialized', 'addCommentButtonClick', 'muteButtonClick', 'holdButtonClick', 'closeButtonClick', 'transferButtonClick',
  'cancelTransferButtonClick', 'completeTransferButtonClick', 'hangupButtonClick', 'nextButtonClick', 'skipButtonClick',
  'answerButtonClick', 'entityChanged', 'qualityMeterClick', 'dialpadButtonClick', 'makeCallButtonClick', 'notifyAdminButtonClick',
].map((name) => `BackgroundCallCard::${name}`);
/** It asks again when a tenth more time has passed since it began: seldom on a page that has no telephony. */
const SOONEST_MS = 25;
const LATEST_MS = 5000;
/** An answer that takes longer is not waited for. */
const LOST_MS = 3000;
/** The clock of a hidden frame ticks once a second, that of a worker when it should. */
const CLOCK = 'onmessage = ({ data }) => setTimeout(() => postMessage(0), data)';

/**
 * Begins to listen, once in a page: where there is an ear already, this is it.
 *
 * @returns {undefined | { take(tell: (name: string, payload: unknown) => void, bound: () => void): void }}
 *   `take`: what was heard and what comes is told to this listener, in place of an earlier one; and that all events
 *   are bound. Nothing outside of a portal's frame.
 */
export function listen() {
  globalThis.b24Ear ??= ear();
  return globalThis.b24Ear;
}

function ear() {
  const opener = portal();
  if (!opener) return undefined;
  const began = performance.now();
  const heard = [];
  let tell = (...event) => heard.push(event);
  let told = () => {};
  let isBound = false;
  let waits = false;
  let timer;
  let clock;

  const listed = opener.hears((answer) => {
    if (isBound) return;
    if (EVENTS.every((event) => Array.isArray(answer?.event) && answer.event.includes(event))) bind();
    else again();
  });
  const ask = () => {
    if (!waits) return;
    waits = false;
    clearTimeout(timer);
    opener.say('getInterface', undefined, listed);
    timer = setTimeout(again, LOST_MS);
  };
  const again = () => {
    const pause = Math.min(Math.max((performance.now() - began) / 10, SOONEST_MS), LATEST_MS);
    waits = true;
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
    if (pause > 1000) stopClock();
    else (clock ??= startClock(ask))?.postMessage(pause);
  };
  const stopClock = () => {
    clock?.terminate();
    clock = null;
  };
  const bind = () => {
    isBound = true;
    clearTimeout(timer);
    stopClock();
    for (const event of EVENTS) opener.say('placementBindEvent', { event }, opener.hears((payload) => tell(event, payload)));
    told();
  };

  waits = true;
  ask();

  return {
    take(listener, bound) {
      tell = listener;
      told = bound;
      for (const event of heard.splice(0)) tell(...event);
      if (isBound) told();
    },
  };
}

function startClock(tick) {
  try {
    const url = URL.createObjectURL(new Blob([CLOCK], { type: 'text/javascript' }));
    const clock = new Worker(url);
    URL.revokeObjectURL(url);
    clock.onmessage = tick;
    return clock;
  } catch {
    return null; // by timers, then
  }
}

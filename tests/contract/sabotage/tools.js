// How a softphone is broken: what it tells is altered, what it is asked for does something else. In the page.

import loopback from '../../../www/adapters/loopback.js';

const METHODS = ['dial', 'answer', 'reject', 'hangUp', 'setMuted', 'setHeld', 'sendDtmf', 'snapshot', 'peerConnection', 'stop'];

/** The loopback softphone with a place to break it at: `hear` gets what it tells, `tell` is what the suite gets. */
export function breakable(options) {
  const real = loopback(options);
  const phone = {
    hear: (event) => phone.tell(event),
    start(emit) {
      phone.tell = emit;
      return real.start((event) => phone.hear(event));
    },
    get remote() {
      return real.remote;
    },
  };
  for (const method of METHODS) phone[method] = (...args) => real[method](...args);
  return phone;
}

/** Whatever it tells is told as `change(event, phone)` has it: another event, several, or none. */
export const tells = (change) => (phone) => {
  const { hear } = phone;
  phone.hear = (event) => [change(event, phone)].flat().forEach((it) => it && hear(it));
};

/** One kind of event is told otherwise. */
export const alters = (type, change) => tells((event, phone) => (event.type === type ? change(event, phone) : event));

/** A method does `change(call, value, original, phone)`. */
export const does = (method, change) => (phone) => {
  const original = phone[method];
  phone[method] = (call, value) => change(call, value, original, phone);
};

export const both = (...breaks) => (phone) => breaks.forEach((it) => it(phone));

/** What it says to the network of this type does not arrive. */
export const silences = (type) => (phone) => {
  const { start } = phone;
  phone.start = (emit) => {
    start(emit);
    const send = phone.remote.send.bind(phone.remote);
    phone.remote.send = (message) => message.type === type || send(message);
  };
};

export const later = (task, ms) => void setTimeout(task, ms);

export const sender = (phone, call) => phone.peerConnection(call).getSenders()[0];

/** Whether the operator is heard, whatever was told. */
export function speaks(phone, call, is) {
  const track = phone.peerConnection(call) && sender(phone, call).track;
  if (track) track.enabled = is;
}

/** It opens a microphone when it answers, as others do, and lets it go at the end; `refused` is done without one. */
export const asks = (refused, { letsGo = true } = {}) => {
  const open = [];
  return both(
    does('answer', async (call, _, answer, phone) => {
      try {
        open.push(await navigator.mediaDevices.getUserMedia({ audio: true }));
      } catch (error) {
        return refused(phone, call, error, answer);
      }
      return answer(call);
    }),
    alters('ended', (event) => {
      if (letsGo) for (const stream of open) stream.getTracks().forEach((track) => track.stop());
      return event;
    }),
  );
};

/** The call ends as an error with this code. */
export const endsWith = (code) => (phone, call) => {
  alters('ended', (event) => ({ ...event, cause: { by: 'error', code } }))(phone);
  phone.hangUp(call);
};

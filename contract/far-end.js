// The far end of the loopback softphone, which plays it itself.

/** @type {import('./far-end.js').default} */
export default function farEnd({ remote }) {
  if (!remote) throw new Error('this softphone has no far end of its own: name yours with --far-end');
  return {
    call: (number) => void remote.call(number),
    answer: () => remote.answer(),
    decline: (status) => remote.decline(status),
    hangUp: () => remote.hangUp(),
    digits: () => remote.digits,
    ended: () => remote.ended,
  };
}

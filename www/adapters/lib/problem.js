// Errors with a stable code, and what of a text may be told to others.

/** An error the worker has words for: `code` in capitals, see `EndCode` in softphone.d.ts. */
export function problem(code, message, rest = {}) {
  return Object.assign(new Error(message), { code, ...rest });
}

/** Both sides change the call at once: the change is refused, and tried again (RFC 3261 14.1). */
export const glare = () => problem('GLARE', 'the other side is changing the call', { status: 491 });

/** A word for any error: the number that a DOMException has for a code says nothing to anybody. */
export const stableCode = ({ code, name }) => (typeof code === 'string' ? code : name && name !== 'Error' ? name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase() : 'SOFTPHONE');

/** Neither whole numbers nor addresses of people belong into diagnostics. */
export function discreet(text) {
  return String(text).replace(/(sips?:)?\+?[\w.-]*\d{2}@/gi, (user) => `…${user.slice(-3)}`).replace(/\d{5,}(\d\d)/g, '…$1');
}

/** Waits so many ms, or until the signal says that it is no longer needed. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

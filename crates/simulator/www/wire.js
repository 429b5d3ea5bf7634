// The text form of messages between the frame and the portal. Pure: also tested without a browser.

/**
 * Reads a frame's message: `method:params:callback:sid`, or the same four as an object.
 * The SDK leaves empty parts out, and the JSON in the middle has colons of its own, so the
 * outer parts are taken from both ends and everything between belongs to the parameters.
 * Absent parameters are an empty array. Throws on broken JSON; `null` for anything else.
 */
export function parseMessage(data) {
  if (typeof data === 'object' && data !== null) {
    return { method: data.method, params: data.params || [], callback: data.callback, sid: data.appSid };
  }
  if (typeof data !== 'string') return null;
  const parts = data.split(':');
  const method = parts.shift();
  const sid = parts.pop();
  const callback = parts.pop();
  const json = parts.join(':');
  return { method, params: json ? JSON.parse(json) : [], callback, sid };
}

/** The portal's message to a frame: the callback's id, a colon, and JSON or nothing. */
export function formatAnswer(callback, result) {
  return `${callback}:${result === undefined ? '' : JSON.stringify(result)}`;
}

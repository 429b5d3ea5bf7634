// Whose frame this page is in, and how the two talk: in the portal's own messages, as BX24.js does, which may listen beside us.

/**
 * The portal that has opened this frame. It names the frame by its host, 1 for https, and the id by which it knows it.
 *
 * @returns {undefined | {
 *   domain: string, origin: string,
 *   hears(told: (payload: unknown) => void): string,
 *   say(command: string, params: object | undefined, answer: string): void,
 * }} nothing outside of a portal's frame. `hears` gives the name under which the portal tells `told` something, as often as it
 *   likes; a command is said with the name of what hears its answer.
 */
export function portal() {
  const [host, tls, frameId] = globalThis.name.split('|');
  if (globalThis === globalThis.top || !host || !frameId) return undefined;
  const domain = host.replace(/:(80|443)$/, '');
  const portalOrigin = `http${Number.parseInt(tls) === 1 ? 's' : ''}://${domain}`;
  const own = `app${crypto.getRandomValues(new Uint32Array(2)).join('')}x`;
  const hearing = new Map();

  addEventListener('message', ({ data, origin, source }) => {
    if (source !== parent || origin !== portalOrigin || typeof data !== 'string') return;
    const colon = data.indexOf(':');
    const told = hearing.get(data.slice(0, colon));
    if (!told) return;
    let payload;
    try {
      // As BX24.js has it, where the portal says nothing.
      payload = JSON.parse(data.slice(colon + 1) || '[]');
    } catch {
      return; // no message of a portal
    }
    told(payload);
  });
  return {
    domain,
    origin: portalOrigin,
    hears(told) {
      const name = own + hearing.size;
      hearing.set(name, told);
      return name;
    },
    say(command, params, answer) {
      parent.postMessage(`${command}:${params === undefined ? '' : JSON.stringify(params)}:${answer}:${frameId}`, portalOrigin);
    },
  };
}

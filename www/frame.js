// Whose frame this page is in.

/**
 * The portal that has opened this frame. It names the frame by its host, 1 for https, and the id by which it knows it.
 *
 * @returns {undefined | { domain: string, origin: string, id: string }} nothing outside of a portal's frame
 */
export function portal() {
  const [host, tls, id] = globalThis.name.split('|');
  if (globalThis === globalThis.top || !host || !id) return undefined;
  const domain = host.replace(/:(80|443)$/, '');
  return { domain, origin: `http${Number.parseInt(tls) === 1 ? 's' : ''}://${domain}`, id };
}

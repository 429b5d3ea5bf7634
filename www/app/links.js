// Links that open the app: /marketplace/view/#APP_CODE#/?params[…], to be put behind a portal's
// origin. The same as b24_host::life::links makes.

/**
 * @param {string} appCode the app's code in the Market, or a local app's `app.…` code
 * @param {Record<string, string>} [params]
 * @returns {string}
 */
export function appLink(appCode, params = {}) {
  const query = Object.entries(params).map(
    ([name, value]) => `params%5B${encodeURIComponent(name)}%5D=${encodeURIComponent(value)}`,
  );
  return `/marketplace/view/${encodeURIComponent(appCode)}/${query.length ? '?' : ''}${query.join('&')}`;
}

/** A link that dials a number, once its reader confirms it. */
export const dialLink = (appCode, phone) => appLink(appCode, { action: 'dial', phone });

/** A link that shows the card of a call. */
export const callLink = (appCode, callId) => appLink(appCode, { action: 'show', callId });

/** A link that shows the worker's diagnostics. */
export const diagnosticsLink = (appCode) => appLink(appCode, { action: 'diagnostics' });

// One REST call without BX24.js, and so without a page. A form needs no question (preflight) first.

const KEPT_ALIVE = 60_000;

/** Parameters as a portal reads them: `a[b][c]` for what is nested. */
export function form(params) {
  const fields = new URLSearchParams();
  const add = (key, value) => {
    if (value === undefined || value === null) return;
    if (typeof value !== 'object') fields.append(key, value);
    else for (const [inner, its] of Object.entries(value)) add(`${key}[${inner}]`, its);
  };
  for (const [key, value] of Object.entries(params ?? {})) add(key, value);
  return fields;
}

/** @returns {Promise<object>} `{ result }`, or `{ error, error_description }`; rejects when nothing came */
export async function post(url, params, token, deadline) {
  const body = form(params);
  body.append('auth', token);
  const response = await fetch(url, {
    method: 'POST',
    body,
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    // It is sent even if this is the last thing that happens here; a browser takes no more than 64 KiB so.
    keepalive: String(body).length < KEPT_ALIVE,
    signal: AbortSignal.timeout(deadline),
  });
  const answer = await response.json().catch(() => undefined);
  if (answer !== null && typeof answer === 'object' && ('result' in answer || answer.error)) return answer;
  return { error: response.status >= 500 || response.status === 429 ? 'ERROR_UNEXPECTED_ANSWER' : 'MALFORMED', error_description: `HTTP ${response.status}` };
}

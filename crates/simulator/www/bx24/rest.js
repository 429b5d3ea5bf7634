// Second part: REST.

/** `a[b][c]=1` for nested values; an empty list is `name=`. */
function encode(params, prefix) {
  const pairs = [];
  for (const [key, value] of Object.entries(params)) {
    const name = prefix ? `${prefix}[${key}]` : key;
    if (value === null || value === undefined) pairs.push(`${encodeURIComponent(name)}=`);
    else if (value instanceof Date) pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value.toJSON())}`);
    else if (value instanceof Element) pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value.value)}`);
    else if (typeof value === 'object') {
      const inner = encode(value, name);
      pairs.push(inner || `${encodeURIComponent(name)}=`);
    } else pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  }
  return pairs.join('&');
}

/** A bucket that leaks: who finds it full waits for a second and looks again. */
const bucket = { level: 0, at: Date.now(), size: 90, perSecond: 2 };

function throttled(fn) {
  const now = Date.now();
  bucket.level = Math.max(0, bucket.level - ((now - bucket.at) / 1000) * bucket.perSecond);
  bucket.at = now;
  if (bucket.level >= bucket.size) {
    setTimeout(() => throttled(fn), 1000);
    return;
  }
  bucket.level += 1;
  fn();
}

/** Sends one request; `done(status, body)` only for answers that can be read. */
function request(method, params, start, done) {
  if (!getAuth()) {
    refreshAuth(() => request(method, params, start, done));
    return;
  }
  throttled(() => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', `${origin()}${portal.path}/${encodeURIComponent(method)}.json`);
    xhr.onreadystatechange = () => {
      if (xhr.readyState !== 4) return;
      const readable = xhr.status < 500 && xhr.responseText;
      let body;
      try {
        body = readable ? JSON.parse(xhr.responseText) : undefined;
      } catch { /* the same as no answer */ }
      // Thrown where nobody can catch it: the caller's callback is never called.
      if (!body) throw new Error('Query error!');
      if (body.error === 'expired_token') refreshAuth(() => request(method, params, start, done));
      else done(xhr.status, body);
    };
    const rest = encode(params);
    // No content type: the browser labels it text/plain, which needs no preflight.
    xhr.send(`auth=${portal.auth}${start ? `&start=${start}` : ''}${rest ? `&${rest}` : ''}`);
  });
}

function makeError(status, body) {
  return {
    ex: { error: body.error, error_description: body.error_description },
    status,
    getError() { return this.ex; },
    getStatus() { return this.status; },
    toString() { return `${this.ex.error}${this.ex.error_description ? `: ${this.ex.error_description}` : ''} (${this.status})`; },
  };
}

function makeResult(status, body, again) {
  return {
    answer: body,
    data() { return body.result; },
    error() { return body.error === undefined ? undefined : makeError(status, body); },
    error_description() { return body.error_description; },
    more() { return body.next > 0; },
    total() { return parseInt(body.total, 10); },
    time() { return body.time; },
    next(callback) {
      if (!body.next) return false;
      again(body.next, callback);
      return true;
    },
  };
}

function callMethod(method, params, callback) {
  // Parameters are not optional, as in the library.
  const { start, ...rest } = Object.assign(Object.create(null), { start: params.start }, params);
  const go = (from, then) => request(method, rest, from, (status, body) => {
    if (then) then(makeResult(status, body, (next, more) => go(next, more || then)));
  });
  whenStarted(() => go(start, callback));
}

function callBatch(calls, callback, haltOnError) {
  const commands = {};
  for (const [key, call] of Object.entries(calls)) {
    const [method, params] = Array.isArray(call) ? call : [call.method, call.params];
    const query = params ? encode(params) : '';
    commands[key] = query ? `${method}?${query}` : method;
  }
  whenStarted(() => request('batch', { halt: haltOnError ? 1 : 0, cmd: commands }, 0, (status, body) => {
    if (!callback) return;
    // An error of the whole batch has no `result`: this throws, and the caller hears nothing.
    const { result, result_error: errors, result_total: totals, result_next: nexts } = body.result;
    const answers = Array.isArray(calls) ? [] : {};
    for (const [key, call] of Object.entries(calls)) {
      if (result[key] === undefined && errors[key] === undefined) continue;
      const [method, params] = Array.isArray(call) ? call : [call.method, call.params];
      const one = { result: result[key], total: totals[key], next: nexts[key], ...(errors[key] ?? {}) };
      answers[key] = makeResult(status, one, (next, more) => callMethod(method, { ...params, start: next }, more || callback));
    }
    callback(answers);
  }));
}


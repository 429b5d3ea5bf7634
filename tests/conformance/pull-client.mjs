// A client of the push server, as small as can be: sockets in the app's frame (Node 20 has none,
// and a frame of another site is where clients live), polls and REST over plain HTTP.

import { request } from 'node:http';

/** The pull channel as user `user` of a bench has it, from a page of their own. */
export async function reader(it, user = 1) {
  const portal = await it.open({ path: `/?user=${user}` });
  const { AUTH_ID } = await portal.ask('getInitData');
  await portal.frame.evaluate(defineDial);
  return new Reader(it, portal, AUTH_ID);
}

class Reader {
  constructor(it, portal, token) {
    Object.assign(this, { it, portal, token });
  }

  /** A REST call: status and JSON. */
  async rest(method, params = {}) {
    const { status, text } = await http(this.it, 'POST', `/rest/${method}`, JSON.stringify({ auth: this.token, ...params }), 'application/json');
    return { status, ...JSON.parse(text) };
  }

  /** The configuration, which `query` uses from now on. */
  async configure(params) {
    this.config = (await this.rest('pull.application.config.get', params)).result;
    return this.config;
  }

  /** Both channels, and what else is to be in the query. */
  query(more = {}) {
    const { private: own, shared } = this.config.channels;
    return new URLSearchParams({ CHANNEL_ID: `${own.id}/${shared.id}`, ...more }).toString();
  }

  /** Connects by WebSocket: JSON-RPC unless `more` says otherwise. */
  async dial(more = { jsonRpc: 'true' }, query = undefined) {
    if (!this.config) await this.configure();
    const n = await this.portal.frame.evaluate((url) => window.dial(url), `${this.config.server.websocket}?${query ?? this.query(more)}`);
    return new Line(this.portal.frame, n);
  }

  /** Polls once: status, headers and text. */
  async poll(more, query = this.query(more)) {
    return http(this.it, 'GET', `/sub/?${query}`);
  }
}

/** One socket in the frame. */
class Line {
  constructor(frame, n) {
    Object.assign(this, { frame, n });
  }

  /** The first `count` frames, once there are so many. */
  frames(count) {
    return this.frame.evaluate(([n, count]) => window.lines[n].until((line) => line.frames.length >= count && line.frames.slice(0, count)), [this.n, count]);
  }

  /** The parameters of the first `count` JSON-RPC messages. */
  async messages(count) {
    return (await this.frames(count)).map((text) => JSON.parse(text).params);
  }

  say(text) {
    return this.frame.evaluate(([n, text]) => window.lines[n].socket.send(text), [this.n, text]);
  }

  hangUp() {
    return this.frame.evaluate((n) => window.lines[n].socket.close(), this.n);
  }

  /** The close code, once it is closed. */
  code() {
    return this.frame.evaluate((n) => window.lines[n].until((line) => line.code), this.n);
  }
}

/** Runs in the frame: `dial(url)` opens a socket and gives its number once it is open or closed. */
function defineDial() {
  window.lines = [];
  window.dial = async (url) => {
    const waiting = [];
    const line = {
      socket: new WebSocket(url), frames: [], code: null, open: false,
      until: (look) => new Promise((resolve) => {
        const again = () => {
          const found = look(line);
          if (found) resolve(found);
          else waiting.push(again);
        };
        again();
      }),
    };
    const changed = () => waiting.splice(0).forEach((again) => again());
    line.socket.onopen = () => { line.open = true; changed(); };
    line.socket.onmessage = ({ data }) => { line.frames.push(data); changed(); };
    line.socket.onclose = ({ code }) => { line.code = code; changed(); };
    const n = window.lines.push(line) - 1;
    await line.until(() => line.open || line.code);
    return n;
  };
}

/** One HTTP request to the simulator. */
export function http(it, method, path, body, type) {
  const { port, host } = new URL(it.simulator.url);
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, agent: false, headers: { host, ...(type ? { 'content-type': type } : {}) } }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('error', reject)
        .on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.once('error', reject).end(body);
  });
}

/** Waits for a line of the log of kind `pull`, parsed: the SDK may take a quarter of a minute to come back. */
export async function pullLog(it, name, contains = '', since = 0) {
  const { n, text } = await it.api('GET', `/sim/wait?kind=pull&name=${name}&contains=${encodeURIComponent(contains)}&since=${since}`);
  return { n, ...JSON.parse(text) };
}

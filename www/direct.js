// The direct transport: what a call worker needs of BX24.js, spoken to the portal by ourselves. No script of anybody
// else's is on the page, and none is waited for. Names and manners are those of BX24.js
// (https://apidocs.bitrix24.com/sdk/bx24-js-sdk/index.html): what the portal does not answer is never answered here.

import { form, post } from '../src/browser/rest.js';
import { portal } from './frame.js';

/** Whoever waits has a deadline of their own, and a shorter one; an upload takes its time. */
const REST_MS = 120_000;

/**
 * Puts `BX24` into the page, unless there is one.
 *
 * @throws {Error} with the code `NOT_IN_FRAME` outside of a portal's frame
 */
export function direct() {
  const opener = portal();
  if (!opener) throw Object.assign(new Error('this page works only in the frame that a Bitrix24 page opens for it'), { code: 'NOT_IN_FRAME' });
  globalThis.BX24 ??= new Bx24(opener);
}

class Bx24 {
  #portal;
  #data;
  #expires = 0;
  #begun;

  constructor(opener) {
    this.#portal = opener;
    this.#begun = this.#asked('getInitData').then((data) => {
      this.#data = data;
      this.#authorize(data);
    });
    this.placement = {
      info: () => ({ placement: this.#data?.PLACEMENT, options: this.#data?.PLACEMENT_OPTIONS }),
      getInterface: (done) => this.#say('getInterface', undefined, done),
      bindEvent: (event, done) => this.#say('placementBindEvent', { event }, done),
      call: (command, params, done) => this.#say(command, params, done),
    };
  }

  // ---- the portal's page

  #say(command, params, done = () => {}) {
    this.#portal.say(command, params, this.#portal.hears(done));
  }

  #asked(command, params) {
    return new Promise((resolve) => this.#say(command, params, resolve));
  }

  init(ready) {
    this.#begun.then(ready);
  }

  getLang() {
    return this.#data?.LANG;
  }

  getDomain() {
    return this.#portal.domain;
  }

  openApplication(params, closed) {
    this.#say('openApplication', params, closed);
  }

  openPath(path, done) {
    this.#say('openPath', { path }, done);
  }

  closeApplication(done) {
    this.#say('closeApplication', undefined, done);
  }

  // ---- the token

  #authorize({ AUTH_ID, AUTH_EXPIRES, REFRESH_ID }) {
    Object.assign(this.#data, { AUTH_ID, REFRESH_ID });
    this.#expires = Date.now() + Number(AUTH_EXPIRES) * 1000;
  }

  getAuth() {
    if (!(this.#expires > Date.now())) return false;
    const { AUTH_ID: access_token, REFRESH_ID: refresh_token, MEMBER_ID: member_id } = this.#data;
    return { access_token, refresh_token, member_id, domain: this.#portal.domain, expires_in: this.#expires };
  }

  refreshAuth(done) {
    this.#refreshed().then(() => done?.(this.getAuth()));
  }

  async #refreshed() {
    await this.#begun;
    this.#authorize(await this.#asked('refreshAuth'));
  }

  // ---- REST

  async #rest(method, params) {
    await this.#begun;
    if (!this.getAuth()) await this.#refreshed();
    const url = `${this.#portal.origin}${this.#data.PATH ?? '/rest'}/${method}.json`;
    const answer = await post(url, params, this.#data.AUTH_ID, REST_MS);
    if (answer.error !== 'expired_token') return answer;
    await this.#refreshed();
    return post(url, params, this.#data.AUTH_ID, REST_MS);
  }

  callMethod(method, params, done) {
    this.#rest(method, params).then((answer) => done?.(new Result(answer)), () => {});
  }

  /** `calls`: names of `[method, params]`. */
  callBatch(calls, done, halt = false) {
    const cmd = Object.fromEntries(Object.entries(calls).map(([name, [method, params]]) => [name, `${method}?${form(params)}`]));
    this.#rest('batch', { halt: halt ? 1 : 0, cmd }).then(({ result }) => {
      const of = (name) => {
        const error = result.result_error?.[name];
        return new Result(error ? (typeof error === 'object' ? error : { error }) : { result: result.result?.[name] });
      };
      done?.(Object.fromEntries(Object.keys(calls).map((name) => [name, of(name)])));
    }, () => {});
  }
}

/** What a REST call has given. */
class Result {
  #answer;

  constructor(answer) {
    this.#answer = answer;
  }

  data() {
    return this.#answer.result;
  }

  error() {
    const { error, error_description } = this.#answer;
    return error ? { getError: () => ({ error, error_description }), toString: () => `${error}: ${error_description ?? ''}` } : undefined;
  }

  total() {
    return this.#answer.total;
  }

  more() {
    return this.#answer.next !== undefined;
  }
}

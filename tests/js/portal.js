// A portal and a softphone as the worker's edge meets them: BX24.js's functions with its manners
// (silence, late and double answers, callbacks kept for ever), written from its documentation.

const EVENTS = [
  'initialized', 'addCommentButtonClick', 'muteButtonClick', 'holdButtonClick', 'closeButtonClick',
  'transferButtonClick', 'cancelTransferButtonClick', 'completeTransferButtonClick', 'hangupButtonClick',
  'nextButtonClick', 'skipButtonClick', 'answerButtonClick', 'entityChanged', 'qualityMeterClick',
  'dialpadButtonClick', 'makeCallButtonClick', 'notifyAdminButtonClick',
].map((name) => `BackgroundCallCard::${name}`);

const realTimeout = globalThis.setTimeout;

export class Portal {
  constructor() {
    this.bound = []; // [name, handler] in order
    this.sent = []; // [command, params]
    this.rest = []; // [method, params]
    this.placement = 'PAGE_BACKGROUND_WORKER';
    this.probesUntilInterface = 1;
    this.answers = {}; // command -> (done) => void
    this.results = { profile: () => ({ ID: '7' }) }; // method -> (params) => result, throws {error}
    this.onBind = null;
    globalThis.setTimeout = realTimeout;
    const later = (fn) => queueMicrotask(fn);
    globalThis.BX24 = {
      init: (fn) => later(fn),
      getAuth: () => ({ access_token: 't', domain: 'portal', member_id: 'm' }),
      refreshAuth: () => {},
      getLang: () => 'de',
      getDomain: () => 'portal.example',
      openPath: (path, done) => later(() => done(path.startsWith('/crm/') ? { result: 'close' } : { result: 'error', errorCode: 'PATH_NOT_AVAILABLE' })),
      openApplication: (params, done) => later(() => done([])),
      closeApplication: () => {},
      callMethod: (method, params, done) => {
        this.rest.push([method, params]);
        const result = this.results[method];
        if (!result) return;
        later(() => done(answer(() => result(params))));
      },
      callBatch: (calls, done) => later(() => done({ a: answer(() => Object.keys(calls).length) })),
      placement: {
        info: () => ({ placement: this.placement, options: {} }),
        getInterface: (done) => later(() => {
          const ready = --this.probesUntilInterface <= 0;
          done(ready ? { command: [], event: EVENTS } : { command: [], event: [] });
        }),
        bindEvent: (name, handler) => {
          this.bound.push([name, handler]);
          this.onBind?.(name, handler);
        },
        call: (command, params, done) => {
          this.sent.push([command, params]);
          const manner = this.answers[command] ?? ((done) => later(() => done([])));
          manner(done);
        },
      },
    };
  }

  remove() { globalThis.BX24 = null; }
  noInit() { globalThis.BX24.init = () => {}; }
  setPlacement(name) { this.placement = name; }
  setProbes(n) { this.probesUntilInterface = n; }
  /** Minutes pass in seconds: every timer from now on is fifty times faster. */
  hurry() { globalThis.setTimeout = (fn, ms, ...rest) => realTimeout(fn, ms / 50, ...rest); }
  /** The card is raised in the same breath as its event is bound. */
  raiseWhileBinding(callId) {
    this.onBind = (name, handler) => { if (name.endsWith('initialized')) handler({ CALL_ID: callId }); };
  }
  boundNames() { return this.bound.map(([name]) => name); }
  emit(name, payload) {
    for (const [bound, handler] of this.bound) if (bound === `BackgroundCallCard::${name}`) handler(payload);
  }
  silent(command) { this.answers[command] = () => {}; }
  answersTwice(command) { this.answers[command] = (done) => { done([]); done([{ result: 'error', errorCode: 'late' }]); }; }
  refuses(command, code) { this.answers[command] = (done) => done([{ result: 'error', errorCode: code }]); }
  throwsAt(command) { this.answers[command] = () => { throw 'a string, not an Error'; }; }
  restResult(method, json) { this.results[method] = () => JSON.parse(json); }
  restFails(method, code) { this.results[method] = () => { throw { error: code, error_description: 'because' }; }; }
  restSilent(method) { delete this.results[method]; }
  sentNames() { return this.sent.map(([name]) => name); }
  sentParams(index) { return JSON.stringify(this.sent[index][1]); }
  restMethods() { return this.rest.map(([method]) => method); }
  restParams(method) { return JSON.stringify(this.rest.findLast(([name]) => name === method)?.[1]); }
}

/** BX24.js's result object. */
function answer(compute) {
  try {
    const data = compute();
    return { data: () => data, error: () => false };
  } catch (failure) {
    return { data: () => undefined, error: () => ({ getError: () => failure, toString: () => failure.error }) };
  }
}

/** A softphone that tells what it was asked, and answers from inside the call. */
export class Phone {
  constructor() {
    this.asked = [];
    this.failing = {};
  }
  fails(method, how) { this.failing[method] = how; }
  emitEvent(json) { this.emit(JSON.parse(json)); }
  emitRaw(value) { this.emit(value); }
  askedNames() { return this.asked; }

  #ask(method, callId, event) {
    this.asked.push(method);
    const how = this.failing[method];
    if (how === 'throws') throw Object.assign(new Error('no microphone'), { code: 'MICROPHONE_DENIED' });
    if (how === 'throws a string') throw 'broken';
    if (how === 'throws undefined') throw undefined;
    if (how === 'rejects') return Promise.reject(Object.assign(new Error('glare'), { code: 'GLARE' }));
    if (event) this.emit({ callId, ...event });
  }
  start(emit) { this.emit = emit; return this.#ask('start'); }
  dial(callId, number, options) { return this.#ask(`dial ${number} ${options.line ?? ''}`.trim(), callId); }
  answer(callId) { return this.#ask('answer', callId, { type: 'connected' }); }
  reject(callId, status) { return this.#ask(`reject ${status}`, callId, { type: 'ended', cause: { by: 'local' } }); }
  hangUp(callId) { return this.#ask('hangUp', callId, { type: 'ended', cause: { by: 'local' } }); }
  setMuted(callId, muted) { return this.#ask('setMuted', callId, { type: 'muted', muted }); }
  setHeld(callId, held) { return this.#ask('setHeld', callId, { type: 'held', held, by: 'local' }); }
  sendDtmf(callId, tone) { return this.#ask(`sendDtmf ${tone}`); }
}

// A portal and a softphone as the worker's edge meets them: BX24.js's functions with its manners
// (silence, late and double answers, callbacks kept for ever), written from its documentation. Each
// portal has a domain of its own: the workers of one portal share one hub for the page's whole life.

const EVENTS = [
  'initialized', 'addCommentButtonClick', 'muteButtonClick', 'holdButtonClick', 'closeButtonClick',
  'transferButtonClick', 'cancelTransferButtonClick', 'completeTransferButtonClick', 'hangupButtonClick',
  'nextButtonClick', 'skipButtonClick', 'answerButtonClick', 'entityChanged', 'qualityMeterClick',
  'dialpadButtonClick', 'makeCallButtonClick', 'notifyAdminButtonClick',
].map((name) => `BackgroundCallCard::${name}`);

const HASTE = 50;
const realTimeout = globalThis.setTimeout;
const realNow = performance.now.bind(performance);
/** Since when time is in a hurry, and how far ahead that has brought it: it never goes backwards. */
let hurriedSince;
let ahead = 0;
performance.now = () => realNow() + ahead + (hurriedSince === undefined ? 0 : (realNow() - hurriedSince) * (HASTE - 1));

function calm() {
  ahead = performance.now() - realNow();
  hurriedSince = undefined;
  globalThis.setTimeout = realTimeout;
}

/** Resolves when it is so; `changed` is called whenever it may have become so. */
class Moment {
  #waiting = [];
  changed() {
    this.#waiting = this.#waiting.filter(({ isSo, resolve }) => !isSo() || resolve());
  }
  when(isSo) {
    return new Promise((resolve) => {
      this.#waiting.push({ isSo, resolve });
      this.changed();
    });
  }
}

/** All portals there were: each hears what its hub keeps in the journal, as soon as it is on the disk. */
const keepers = [];

/** What is sealed before it is kept. */
const sealed = new WeakMap();

{
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
  crypto.subtle.encrypt = async (how, key, plain) => {
    const text = await encrypt(how, key, plain);
    sealed.set(text, JSON.parse(new TextDecoder().decode(plain)));
    return text;
  };
  const real = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...given) {
    const journal = sealed.get(given[0].text);
    if (!journal) return real.apply(this, given); // the key
    const what = journal.calls.length ? 'kept' : 'emptied';
    const portal = keepers.find(({ domain }) => String(given.at(-1)).includes(` ${domain} `));
    this.transaction.addEventListener('complete', () => {
      portal?.log.push({ what });
      portal?.moment.changed();
    });
    return real.apply(this, given);
  };
}

export class Portal {
  constructor() {
    this.domain = `portal-${keepers.length}.example`;
    this.moment = new Moment();
    this.log = []; // what was called and what was kept, in order
    this.silentInits = 0;
    this.bound = []; // [name, handler] in order
    this.sent = []; // [command, params]
    this.rest = []; // [method, params]
    this.placement = 'PAGE_BACKGROUND_WORKER';
    this.probesUntilInterface = 1;
    this.answers = {}; // command -> (done) => void
    this.results = { profile: () => ({ ID: '7' }) }; // method -> (params) => result, throws {error}
    this.onBind = null;
    this.bindsToThrow = 0;
    this.interfacesToThrow = 0;
    calm();
    keepers.push(this);
    const later = (fn) => queueMicrotask(fn);
    globalThis.BX24 = {
      init: (fn) => { if (--this.silentInits < 0) later(fn); },
      getAuth: () => ({ access_token: 't', domain: this.domain, member_id: 'm' }),
      refreshAuth: () => {},
      getLang: () => 'de',
      getDomain: () => this.domain,
      openPath: (path, done) => later(() => done(path.startsWith('/crm/') ? { result: 'close' } : { result: 'error', errorCode: 'PATH_NOT_AVAILABLE' })),
      openApplication: (params, done) => later(() => done([])),
      closeApplication: () => {},
      callMethod: (method, params, done) => {
        this.rest.push([method, params]);
        this.log.push({ what: method.split('.').at(-1), of: params?.PHONE_NUMBER ?? params?.CALL_ID });
        const result = this.results[method];
        if (!result) return;
        later(() => done(answer(() => result(params))));
      },
      callBatch: (calls, done) => later(() => done({ a: answer(() => Object.keys(calls).length) })),
      placement: {
        info: () => ({ placement: this.placement, options: { ID: this.placement, URI: '/crm/deal/details/7/' } }),
        getInterface: (done) => {
          if (this.interfacesToThrow-- > 0) throw new Error('BX24.js stumbled');
          later(() => {
            const ready = --this.probesUntilInterface <= 0;
            done(ready ? { command: [], event: EVENTS } : { command: [], event: [] });
          });
        },
        bindEvent: (name, handler) => {
          if (this.bindsToThrow-- > 0) throw new Error('BX24.js stumbled');
          this.bound.push([name, handler]);
          this.onBind?.(name, handler);
          this.moment.changed();
        },
        call: (command, params, done) => {
          this.sent.push([command, params]);
          this.moment.changed();
          const manner = this.answers[command] ?? ((done) => later(() => done([])));
          manner(done);
        },
      },
    };
  }

  remove() { globalThis.BX24 = null; }
  /** `BX24.init` is answered only after so many times. */
  silentInit(times) { this.silentInits = times; }
  setPlacement(name) { this.placement = name; }
  /** BX24.js throws at the first so many questions for the interface, and so many of the bindings after them. */
  stumbles(interfaces, binds) { [this.interfacesToThrow, this.bindsToThrow] = [interfaces, binds]; }
  setProbes(n) { this.probesUntilInterface = n; }
  /** Minutes pass in seconds: clock and timers are fifty times faster from now on. */
  hurry() {
    hurriedSince ??= realNow();
    globalThis.setTimeout = (fn, ms, ...rest) => realTimeout(fn, ms / HASTE, ...rest);
  }
  /** The card is raised in the same breath as its event is bound. */
  raiseWhileBinding(callId) {
    this.onBind = (name, handler) => { if (name.endsWith('initialized')) handler({ CALL_ID: callId }); };
  }
  /** All events are bound by this many workers. */
  allBound(workers) { return this.moment.when(() => this.bound.length >= EVENTS.length * workers); }
  itsDomain() { return this.domain; }
  boundNames() { return this.bound.map(([name]) => name); }
  emit(name, payload) {
    for (const [bound, handler] of this.bound) if (bound === `BackgroundCallCard::${name}`) handler(payload);
  }
  silent(command) { this.answers[command] = () => {}; }
  answersTwice(command) { this.answers[command] = (done) => { done([]); done([{ result: 'error', errorCode: 'late' }]); }; }
  refuses(command, code) { this.answers[command] = (done) => done([{ result: 'error', errorCode: code }]); }
  throwsAt(command) { this.answers[command] = () => { throw 'a string, not an Error'; }; }
  restResult(method, json) { this.results[method] = () => JSON.parse(json); }
  /** Fails so many times, then gives this. */
  restFailsFirst(method, code, times, json) {
    this.results[method] = () => {
      if (--times >= 0) throw { error: code, error_description: 'because' };
      return JSON.parse(json);
    };
  }
  /** The portal takes the card away by itself once the record is finished. */
  takesCardAtFinish() {
    const finish = this.results['telephony.externalCall.finish'];
    this.results['telephony.externalCall.finish'] = (params) => {
      const gone = (done) => done([{ result: 'error', errorCode: 'Call card is undefined' }]);
      this.answers = new Proxy({}, { get: () => gone });
      return finish(params);
    };
  }
  restFails(method, code) { this.results[method] = () => { throw { error: code, error_description: 'because' }; }; }
  restSilent(method) { delete this.results[method]; }
  cardDrawn() { return this.moment.when(() => this.sent.length > 0); }
  sentNames() { return this.sent.map(([name]) => name); }
  sentParams(index) { return JSON.stringify(this.sent[index][1]); }
  restMethods() { return this.rest.map(([method]) => method); }
  restParams(method) { return JSON.stringify(this.rest.findLast(([name]) => name === method)?.[1]); }

  /** What became of the journal, and of the record of one call, in order. A hub of an earlier test may be here, too. */
  records(number, callId) {
    const its = ({ what, of }) => ['kept', 'emptied'].includes(what) || (what === 'register' && of === number) || (what === 'finish' && of === callId);
    return this.log.filter(its).map(({ what }) => what);
  }
  /** Resolves when the journal has been emptied and that is on the disk. */
  journalEmptied() { return this.moment.when(() => this.log.some(({ what }) => what === 'emptied')); }
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
    this.moment = new Moment();
  }
  fails(method, how) { this.failing[method] = how; }
  emitEvent(json) { this.emit(JSON.parse(json)); }
  emitRaw(value) { this.emit(value); }
  askedNames() { return this.asked; }
  /** Resolves when it has been asked for this so many times. */
  askedFor(method, times) { return this.moment.when(() => this.asked.filter((it) => it === method).length >= times); }

  #ask(method, callId, event) {
    this.asked.push(method);
    this.moment.changed();
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

// One app's frame on this page, and the messages between the two.

import { formatAnswer, parseMessage } from './wire.js';
import { genericCommands } from './generic-commands.js';
import { watchLoad } from './load-clock.js';
import { h } from './dom.js';
import { log } from './log.js';
import { send, world } from './server.js';

/** The hidden page of every document. */
export const WORKER = 'PAGE_BACKGROUND_WORKER';

/** All layouts of this page that still have their frame. */
export const layouts = new Set();

/** Called after anything about a frame changed. */
let changed = () => {};
export const onFrameChange = (fn) => { changed = fn; };

export class AppLayout {
  /**
   * `def` is what the server says about the app: SID, form, tokens, options.
   * `placement` has the placement's own `commands` (a Map) and `events` (an array), which may
   * be filled later: layouts made before share what comes after.
   */
  constructor(def, { bus, placement = { commands: new Map(), events: [] }, slider = null }) {
    this.def = def;
    this.sid = def.sid;
    this.bus = bus;
    this.placement = placement;
    this.slider = slider;
    this.load = { loadMs: null, loads: 0, strikes: 0 };
    /** What the frame says of itself, see "What a handler may tell" in docs/simulator.md. */
    this.told = null;
    // A widget may not set the page's title; a slider's frame may not be resized from inside.
    this.denied = new Set(def.placement === 'DEFAULT' ? ['resizeWindow'] : ['setTitle']);
    this.listener = (event) => this.#receive(event);
    // Before the form is submitted, so that no message can be too early.
    window.addEventListener('message', this.listener);
    layouts.add(this);
  }

  /** Puts the frame into `container`, starts the load clock and sends the form. */
  init(container) {
    const { sid, name, allow, action, fields } = this.def;
    this.frame = h('iframe', {
      id: `appframe_${sid}`, name, frameborder: '0', class: 'app-frame app-loading', allow,
    });
    const loading = h('div', { id: `appframe_loading_${sid}`, class: 'app-loading-note' }, 'Loading the application…');
    const form = h('form', { id: `appform_${sid}`, name: `appform_${sid}`, method: 'POST', action, target: name },
      fields.map(([key, value]) => h('input', { type: 'hidden', name: key, value: String(value) })));
    this.box = h('div', { id: `appframe_layout_${sid}` }, loading, this.frame);
    this.formBox = h('div', { style: 'display:none' }, form);

    container.append(this.box);
    this.load = watchLoad(this.frame, {
      limit: () => world.faults.loadLimitMs,
      onLoad: ({ ms, slow }) => {
        loading.remove();
        this.frame.classList.remove('app-loading');
        log('clock', slow ? 'slow' : 'load', `${ms} ms from the frame's creation to its load`, sid);
        // Only the worker's row is watched.
        if (this.def.placement === WORKER) send({ type: 'loaded', row: this.def.row, ms, slow });
        changed();
      },
    });
    document.body.append(this.formBox);
    form.submit();
  }

  destroy() {
    window.removeEventListener('message', this.listener);
    layouts.delete(this);
    this.box?.remove();
    this.formBox?.remove();
    this.destroyed = true;
    changed();
  }

  #receive(event) {
    if (event.origin !== this.def.appOrigin) return;
    // Not of the portal's protocol, which lets such a message lie: no method, no SID.
    if (event.source === this.frame?.contentWindow && event.data?.b24worker) {
      this.told = event.data.b24worker;
      changed();
      return;
    }
    let message;
    try {
      message = parseMessage(event.data);
    } catch {
      // In the portal this is an exception in its listener; the frame hears nothing either way.
      if (String(event.data).endsWith(this.sid)) log('note', 'broken JSON', event.data, this.sid);
      return;
    }
    if (!message || message.sid != this.sid) return;
    const { method, params, callback } = message;
    const text = typeof event.data === 'string' ? event.data : JSON.stringify(event.data);
    const handler = this.denied.has(method) ? undefined
      : genericCommands.get(method) ?? this.placement.commands.get(method);
    const detail = method === 'placementBindEvent' ? `${params.event}` : null;
    log('in', method, detail ? `${detail} ← ${text}` : text, this.sid);
    if (!handler) {
      log('note', 'dropped', `${method}: no such command here`, this.sid);
      return;
    }
    const answer = callback ? (result) => this.#post(callback, result, detail ?? method) : () => {};
    try {
      const pending = handler.call(this, params, answer, this);
      pending?.catch?.((error) => log('note', 'portal error', `${method}: ${error.message}`, this.sid));
    } catch (error) {
      // What throws in the portal's page never answers.
      log('note', 'portal error', `${method}: ${error.message}`, this.sid);
    }
  }

  /** Binds a callback of the frame to an event, for as long as the frame lives. */
  bind(event, callback) {
    if (!this.placement.events.includes(event)) {
      log('note', 'dropped', `no event ${event} here (yet)`, this.sid);
      return;
    }
    this.bus.on(event, (payload) => (this.destroyed ? false : (callback(payload), true)));
  }

  #post(callback, result, name) {
    if (!this.frame?.contentWindow) return;
    const text = formatAnswer(callback, result);
    log('out', name, text, this.sid);
    this.frame.contentWindow.postMessage(text, this.def.appOrigin);
  }

  /** For the state of the page. */
  state() {
    const { loadMs, loads, strikes } = this.load;
    return { sid: this.sid, placement: this.def.placement, loadMs, loads, strikes, told: this.told };
  }
}

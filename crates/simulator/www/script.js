// What the server asks of this page for a script: its state, a click, a later time.

import { layouts } from './app-layout.js';
import { setClock } from './clock.js';
import { config, listen, send } from './server.js';
import { closeTopSlider, openPathSlider } from './slider.js';

let bus = null;
let controller = null;
let queued = false;

/** The call controller exists from now on. */
export function controllerReady(made) {
  controller = made;
  report();
}

/** Tells the server how the page is, once after all that happens now. */
export function report() {
  if (queued) return;
  queued = true;
  queueMicrotask(() => {
    queued = false;
    send({ type: 'state', state: state() });
  });
}

function state() {
  return {
    id: config.page,
    url: location.pathname + location.search,
    user: config.user,
    slider: config.slider,
    card: controller?.card?.state() ?? null,
    frames: [...layouts].map((layout) => layout.state()),
    interfaceReady: controller !== null,
    used: controller?.worker.used ?? false,
  };
}

export function obey(pageBus) {
  bus = pageBus;
  listen('online', report);
  listen('reset', ({ clock }) => setClock(clock));
  listen('ask', ({ id, what, ...rest }) => {
    const answer = { type: 'answer', id, ok: true };
    try {
      if (what === 'click') click(rest.button, rest.value);
      if (what === 'go') go(rest);
      if (what === 'clock') {
        setClock(rest.clock);
        controller?.card?.timer.refresh();
      }
    } catch (error) {
      Object.assign(answer, { ok: false, reason: error.message });
    }
    send({ type: 'state', state: state() });
    send(answer);
  });
}

/** Where somebody goes who uses this page. It leaves only after this has been answered. */
function go({ how, path }) {
  const steps = {
    path: () => setTimeout(() => location.assign(path)),
    reload: () => setTimeout(() => location.reload()),
    back: () => setTimeout(() => history.back()),
    slider: () => openPathSlider(bus, path, () => {}),
    closeSlider: () => {
      if (!closeTopSlider()) throw new Error('there is no slider on this page');
    },
  };
  steps[how]();
}

const given = (value) => value !== null && value !== undefined;

/** Clicks what a person would click. Throws when it is not there. */
function click(button, value) {
  const { card } = controller ?? {};
  if (!card) throw new Error('there is no call card on this page');
  const steps = {
    esc: () => document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })),
    doubleClick: () => document.querySelector('[data-card] > *').dispatchEvent(new MouseEvent('dblclick', { bubbles: true, cancelable: true })),
    dialpad: () => {
      if (!given(value)) return press('dialpad');
      if (!card.dialpadOpen) press('dialpad');
      for (const key of String(value)) press(key, 'key');
    },
    quality: () => {
      if (!given(value)) return press('quality');
      if (!find(String(value), 'grade')) press('quality');
      press(String(value), 'grade');
    },
    comment: () => {
      if (!given(value)) return press('comment');
      if (!card.commentOpen) press('comment');
      card.view.editor.value = String(value);
      card.view.editor.dispatchEvent(new Event('input', { bubbles: true }));
      press('comment');
    },
    transfer: () => {
      if (!given(value)) return press('transfer');
      if (!document.querySelector('[data-transfer-dialog]')) press('transfer');
      pickTarget(String(value));
    },
  };
  (steps[button] ?? (() => press(button)))();
}

/** `"2"` an employee, `"D1"` a department, or one of an employee's numbers. */
function pickTarget(value) {
  const { employees } = config.directory;
  const owner = employees.find(({ id, phones }) => String(id) === value || phones.includes(value));
  press(owner ? String(owner.id) : value, 'employee');
  if (owner?.phones.length) press(value, 'target');
}

function find(name, attribute = 'button') {
  return document.querySelector(`[data-card] [data-${attribute}="${CSS.escape(name)}"]`);
}

function press(name, attribute = 'button') {
  const element = find(name, attribute);
  if (!element) throw new Error(`no ${attribute} ${name} on the card, which has: ${controller.card.buttons.join(', ') || 'none'}`);
  element.click();
}

// Panels that slide in over the page: the app in a frame of its own, or another portal page.

import { AppLayout } from './app-layout.js';
import { config, post, world } from './server.js';
import { h } from './dom.js';
import { icon } from './icons.js';

const open = [];

/** A page of the app behind a link: /marketplace/view/CODE/?params[a]=b */
const LINK = /^\/marketplace\/view\/([^/]+)\//;

function show({ title, width, app, onClose }) {
  const body = h('div', { class: 'slider-body' });
  const close = () => {
    const at = open.indexOf(slider);
    if (at < 0) return;
    open.splice(at, 1);
    panel.remove();
    onClose();
  };
  const panel = h('div', { class: 'slider', data: { slider: app ? 'application' : 'path' } },
    h('div', { class: 'slider-shade', on: { click: () => close() } }),
    h('div', { class: 'slider-panel', style: width ? `width:${width}px` : undefined },
      h('header', {}, h('span', {}, title),
        h('button', { class: 'ghost', 'aria-label': 'Close', data: { sliderClose: '' }, on: { click: () => close() } }, icon('close'))),
      body));
  const slider = { app, body, close };
  open.push(slider);
  document.body.append(panel);
  return slider;
}

/** The app once more, in a slider. Keys that begin with `bx24_` are the slider's own settings. */
export async function openApplicationSlider(opener, params, onClose) {
  const options = {};
  const settings = {};
  for (const [key, value] of Object.entries(params)) {
    (['bx24_width', 'bx24_leftBoundary', 'bx24_title', 'bx24_label'].includes(key) ? settings : options)[key] = value;
  }
  await openAppSlider(opener.bus, { placement: 'DEFAULT', options }, {
    title: String(settings.bx24_title ?? 'Application'),
    width: Number(settings.bx24_width) || undefined,
    onClose,
  });
}

/** One of the app's pages in a slider, or the portal's word why there is none. */
export async function openAppSlider(bus, wanted, { title, width, onClose = () => {} }) {
  const def = await post('/portal/layout', { user: config.user, ...wanted });
  const layout = def.refused ? null : new AppLayout(def, { bus });
  const slider = show({
    title,
    width,
    app: true,
    onClose: () => {
      layout?.destroy();
      onClose();
    },
  });
  if (layout) layout.init(slider.body);
  else slider.body.append(h('p', { class: 'app-refused', data: { appRefused: '' } }, def.refused));
}

/** Opens the app behind a link; false when the address is no such link. */
export function openLink(bus, address, { from = location.pathname + location.search, onClose } = {}) {
  const url = new URL(address, location.origin);
  const [, code] = LINK.exec(url.pathname) ?? [];
  if (!code) return false;
  const options = {};
  for (const [name, value] of url.searchParams) {
    const [, key] = /^params\[([^\]]+)\]$/.exec(name) ?? [];
    if (key) options[key] = value;
  }
  // Newer portals say where somebody came from, and never over the app's own key.
  if (world.faults.newerPosts && from) options.URI ??= from;
  // A link with another app's code leads nowhere.
  const placement = decodeURIComponent(code) === config.app.clientId ? 'REST_APP_URI' : 'UNKNOWN';
  openAppSlider(bus, { placement, options }, { title: 'Application', onClose });
  return true;
}

/** Another page of the portal: a document of its own, with a worker frame of its own. */
export function openPathSlider(bus, path, onClose) {
  if (openLink(bus, path, { onClose })) return;
  const url = new URL(path, location.origin);
  url.searchParams.set('from', 'rest_placement');
  url.searchParams.set('from_app', config.app.clientId);
  url.searchParams.set('IFRAME', 'Y');
  url.searchParams.set('user', config.user);
  const slider = show({ title: url.pathname, app: false, onClose });
  slider.body.append(h('iframe', { src: url.pathname + url.search, class: 'path-frame' }));
}

/** Closes the topmost slider; says whether there was one. */
export function closeTopSlider() {
  const top = open.at(-1);
  top?.close();
  return Boolean(top);
}

/** Closes the topmost slider if it is the app's; says whether it did. */
export function closeTopApplication() {
  const top = open.at(-1);
  if (!top?.app) return false;
  top.close();
  return true;
}

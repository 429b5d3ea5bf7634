// The portal's own pages about the app: its page (the installer until it is installed), the
// contact centre with its tiles, and links that open it in a slider.

import { AppLayout } from './app-layout.js';
import { config, post, world } from './server.js';
import { h } from './dom.js';
import { openAppSlider, openLink } from './slider.js';

/** Draws what the address asks for, and makes links to the app open over any page. */
export function drawAppPage(bus) {
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href]');
    if (link && openLink(bus, link.getAttribute('href'))) event.preventDefault();
  });
  const main = document.querySelector('main');
  const [, code] = /^\/marketplace\/app\/([^/]+)\//.exec(config.path) ?? [];
  if (code) drawApp(bus, main, decodeURIComponent(code));
  else if (config.path.startsWith('/contact_center/')) drawTiles(bus, main);
  // Straight from the address bar: there is no page somebody came from.
  else openLink(bus, location.href, { from: null });
}

async function drawApp(bus, main, code) {
  const box = h('section', { class: 'panel app-page', data: { appPage: '' } });
  main.replaceChildren(box);
  const def = code === config.app.clientId
    ? await post('/portal/layout', { user: config.user, placement: 'DEFAULT', options: {} })
    : { refused: 'The application was not found.' };
  if (def.refused) box.append(h('p', { class: 'app-refused', data: { appRefused: '' } }, def.refused));
  else new AppLayout(def, { bus }).init(box);
}

function drawTiles(bus, main) {
  const open = ({ row, title }) => {
    const options = { ID: String(row), ...(world.faults.newerPosts && { URI: config.path }) };
    return openAppSlider(bus, { placement: 'CONTACT_CENTER', row, options }, { title });
  };
  main.replaceChildren(h('section', { class: 'panel' }, h('h2', {}, 'Partner solutions'),
    config.tiles.length === 0 && h('p', {}, 'No app has a tile here.'),
    config.tiles.map((tile) => h('button', { class: 'tile', data: { tile: String(tile.row) }, on: { click: () => open(tile) } }, tile.title || 'Application'))));
}

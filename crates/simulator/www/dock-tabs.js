// All open tabs at a glance: whose they are, what their cards show, how their frames are.

import { config, listen } from './server.js';
import { h } from './dom.js';

let tabs = [];

/** Calls `changed` whenever a tab comes, goes, or shows something else. */
export function watchTabs(changed) {
  listen('tabs', (message) => {
    ({ tabs } = message);
    changed();
  });
}

/** How many tabs there are. */
export const countTabs = () => tabs.length;

export function tabsPanel() {
  return h('table', { class: 'calls tabs' },
    h('thead', {}, h('tr', {}, ['Tab', 'Of', 'Card', 'Frame', 'Sound'].map((name) => h('th', {}, name)))),
    h('tbody', {}, tabs.map((tab) => {
      const [frame] = tab.frames ?? [];
      return h('tr', { data: { tab: tab.id }, class: tab.id === config.page ? 'here' : '' },
        h('td', { title: tab.url ?? '' }, h('b', {}, tab.id), tab.slider && h('span', { class: 'tag' }, 'slider'), h('small', {}, ` ${path(tab.url)}`)),
        h('td', {}, `user ${tab.user}`),
        h('td', { data: { tabCard: tab.card?.uiState ?? '' } }, card(tab.card)),
        h('td', { data: { tabFrame: '' } }, frameWords(frame)),
        h('td', { data: { tabSound: frame?.told?.sound ? 'flows' : '' } }, soundWords(frame?.told)));
    })));
}

const path = (url) => (url ?? '').replace(/\?.*/, '');

function card(shown) {
  if (!shown) return '–';
  const words = [shown.statusText, shown.timer, shown.pressed?.join(' + '), shown.folded && 'folded', shown.lingers && 'lingers'];
  return [h('b', {}, shown.uiState), ` ${[shown.title, ...words].filter(Boolean).join(' · ')}`,
    h('small', {}, ` ${shown.buttons?.join(', ') || 'no button'}`)];
}

function frameWords(frame) {
  if (!frame) return 'none';
  const { state, registered, call } = frame.told ?? {};
  const load = frame.loadMs === null ? 'loading…' : `loaded in ${frame.loadMs} ms`;
  return [state, registered && 'registered', call, load].filter(Boolean).join(' · ');
}

function soundWords(told) {
  if (!told) return '–';
  const words = [told.seat && 'has the seat', told.sound && 'sound flows'].filter(Boolean).join(' · ');
  return words ? h('span', { class: 'tag good' }, words) : 'elsewhere';
}

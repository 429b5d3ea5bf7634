// The developer's dock at the foot of the page: the customer's phone and all that can be watched.

import { appPanel, callsPanel, clockPanel, faultsPanel, phonePanel } from './dock-panels.js';
import { LogPanel } from './dock-log.js';
import { countTabs, tabsPanel, watchTabs } from './dock-tabs.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { listen, world } from './server.js';
import { layouts } from './app-layout.js';

const OPEN = 'dockOpen';

export class Dock {
  #open = sessionStorage.getItem(OPEN) !== 'no';
  #tab = 'calls';

  constructor(root) {
    this.root = root;
    this.log = new LogPanel();
    this.phone = phonePanel();
    this.faults = faultsPanel();
    this.pills = h('div', { class: 'pills' });
    this.side = h('div', { class: 'dock-side' });
    this.tabs = h('div', { class: 'dock-tabs', role: 'tablist' });
    this.toggle = h('button', { class: 'ghost', data: { dockToggle: '' }, on: { click: () => this.#flip() } });
    root.append(
      h('header', { class: 'dock-head' }, h('b', {}, 'Developer dock'), this.pills, h('span', { class: 'spacer' }), this.toggle),
      h('div', { class: 'dock-body' }, this.phone.element, h('section', {}, this.tabs, this.side), this.log.element));
    listen('world', () => this.draw());
    watchTabs(() => this.draw());
    listen('log', ({ entry }) => this.log.add(entry));
    this.draw();
  }

  #flip() {
    this.#open = !this.#open;
    sessionStorage.setItem(OPEN, this.#open ? 'yes' : 'no');
    this.draw();
  }

  draw() {
    document.documentElement.dataset.dock = this.#open ? 'open' : 'closed';
    this.toggle.replaceChildren(icon(this.#open ? 'fold' : 'unfold', 18), this.#open ? 'Hide' : 'Show');
    const [frame] = layouts;
    const load = frame?.load;
    this.pills.replaceChildren(...[
      pill('Frame', load?.loadMs == null ? 'loading…' : `${load.loadMs} ms`, load?.strikes ? 'bad' : load?.loadMs == null ? '' : 'good'),
      pill('Strikes', world.strikes, world.strikes ? 'bad' : 'good'),
      pill('Softphone', world.phone?.registered ? 'registered' : 'not registered', world.phone?.registered ? 'good' : ''),
      pill('Finished', `${world.calls.filter((call) => call.finishes).length} of ${world.calls.length} calls`, ''),
    ]);
    if (!this.#open) return;
    this.phone.draw(world);
    const tabs = { calls: ['Call records', () => callsPanel(world)], tabs: [`Tabs ${countTabs()}`, () => tabsPanel()], app: ['App', () => appPanel(world)], clock: ['Load clock', () => clockPanel(world, layouts)], faults: ['Faults', () => this.faults.draw(world)] };
    this.tabs.replaceChildren(...Object.entries(tabs).map(([key, [name]]) => h('button', {
      role: 'tab', data: { dock: key }, 'aria-selected': String(key === this.#tab), on: { click: () => { this.#tab = key; this.draw(); } },
    }, name)));
    const panel = tabs[this.#tab][1]();
    if (this.side.firstChild !== panel) this.side.replaceChildren(panel);
  }
}

const pill = (name, value, tone) => h('span', { class: `pill ${tone}` }, h('small', {}, name), String(value));

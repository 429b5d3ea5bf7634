// The live message log. Lines are kept few: the whole log is at GET /sim/log.

import { config } from './server.js';
import { h } from './dom.js';

const SHOWN = 300;
const ARROWS = { in: '→', out: '←', rest: '⇄', push: '⇣', phone: '☎', clock: '◷', note: '·' };

export class LogPanel {
  constructor() {
    this.filter = h('input', { placeholder: 'Filter', 'aria-label': 'Filter messages', on: { input: () => this.#apply() } });
    this.list = h('ol', { class: 'log-lines', data: { log: '' } });
    this.element = h('section', { class: 'log' }, h('div', { class: 'log-head' }, h('b', {}, 'Messages'), this.filter,
      h('button', { class: 'text-button', on: { click: () => this.list.replaceChildren() } }, 'Clear')), this.list);
  }

  add(entry) {
    if (entry.page && entry.page !== config.page) return;
    const atEnd = this.list.scrollTop + this.list.clientHeight >= this.list.scrollHeight - 8;
    const line = h('li', { class: `log-${entry.kind}`, title: entry.text, data: { kind: entry.kind, name: entry.name } },
      h('time', {}, new Date(entry.at).toLocaleTimeString('en-GB')),
      h('i', {}, ARROWS[entry.kind] ?? '·'),
      h('b', {}, entry.name.replace('BackgroundCallCard::', '')),
      h('span', {}, entry.text));
    line.hidden = !this.#fits(line);
    this.list.append(line);
    if (this.list.childElementCount > SHOWN) this.list.firstElementChild.remove();
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  #fits(line) {
    return line.textContent.toLowerCase().includes(this.filter.value.toLowerCase());
  }

  #apply() {
    for (const line of this.list.children) line.hidden = !this.#fits(line);
  }
}

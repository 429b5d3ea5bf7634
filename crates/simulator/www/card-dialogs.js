// What opens inside the card: keypad, quality grades, and the choice of whom to transfer to.

import { h, initials } from './dom.js';
import { config } from './server.js';

const KEYS = [['1', ''], ['2', 'ABC'], ['3', 'DEF'], ['4', 'GHI'], ['5', 'JKL'], ['6', 'MNO'],
  ['7', 'PQRS'], ['8', 'TUV'], ['9', 'WXYZ'], ['*', ''], ['0', '+'], ['#', '']];

export function dialpad(onKey) {
  return h('div', { class: 'dialpad' }, KEYS.map(([key, letters]) =>
    h('button', { data: { key }, on: { click: () => onKey(key) } }, h('b', {}, key), h('small', {}, letters))));
}

export function gradePicker(present, onGrade) {
  return h('div', { class: 'grades' }, h('span', {}, 'Line quality'),
    [1, 2, 3, 4, 5].map((grade) => h('button', {
      class: present >= grade ? 'active' : '', 'aria-label': `${grade} of 5`,
      data: { grade: String(grade) }, on: { click: () => onGrade(grade) },
    }, '★')));
}

/** Employees and departments; who has phones opens a menu of them first. */
export class TransferDialog {
  #open = false;
  #chosen = null;

  constructor(card) {
    this.card = card;
  }

  toggle() {
    this.#open = !this.#open;
    this.#chosen = null;
  }

  get isShown() {
    return this.#open && this.card.uiState === 'connected';
  }

  /** Whose phones are shown, by id. */
  get chosen() {
    return this.#chosen;
  }

  element(redraw) {
    const { employees, departments } = config.directory;
    const close = () => {
      this.#open = false;
      this.#chosen = null;
      redraw();
    };
    const pick = (target, type) => {
      close();
      this.card.transferTo(target, type);
    };
    const row = (person) => {
      const name = `${person.name} ${person.lastName}`;
      const choose = () => {
        // Without a phone there is no menu, and the item's number itself is the target.
        if (person.phones.length === 0) return pick(person.id);
        this.#chosen = this.#chosen === person.id ? null : person.id;
        return redraw();
      };
      return [
        h('button', { class: 'transfer-row', data: { employee: String(person.id) }, on: { click: choose } },
          h('span', { class: 'avatar small' }, initials(name)),
          h('span', {}, h('b', {}, name), h('small', {}, person.post))),
        this.#chosen === person.id && h('div', { class: 'transfer-menu' },
          [[String(person.id), 'Call in the portal', 'user'], ...person.phones.map((phone) => [phone, phone, 'pstn'])]
            .map(([target, label, type]) =>
              h('button', { data: { target }, on: { click: () => pick(target, type) } }, label))),
      ];
    };
    return h('div', { class: 'transfer-dialog', data: { transferDialog: '' } },
      h('div', { class: 'transfer-head' }, 'Transfer to'),
      employees.filter((person) => person.id !== this.card.userId).map(row),
      departments.map((department) => h('button', {
        // A department can be looked at and not be chosen: no event.
        class: 'transfer-row', data: { employee: department.id },
      }, h('span', { class: 'avatar small team' }, '…'), h('span', {}, h('b', {}, department.name), h('small', {}, 'Department')))));
  }
}

// The call card's looks. Everything a test or a script touches has a data attribute:
// see "Hooks" in docs/simulator.md.
//
// As on the portal, a change touches the element that shows it and no other; only a state makes new buttons.

import { h, initials, place } from './dom.js';
import { icon } from './icons.js';
import { LABELS } from './card-states.js';
import { dialpad, gradePicker, TransferDialog } from './card-dialogs.js';

const ICONS = { sipPhone: 'answer', skip: 'hangup', makeCall: 'answer', completeTransfer: 'check', cancelTransfer: 'cancel', notifyAdmin: 'bell', next: 'user' };
const TONES = { answer: 'go', makeCall: 'go', completeTransfer: 'go', skip: 'stop', hangup: 'stop' };
/** In the head of the card, small, rather than in its row of buttons. */
const IN_HEAD = ['fold', 'close'];

export class CardView {
  /** name => { key, element }: elements, and what each was made to show. */
  #made = new Map();
  /** button of a face => its element. A state makes other buttons, and so other elements. */
  #buttons = new WeakMap();

  constructor(card) {
    this.card = card;
    this.transfer = new TransferDialog(card);
    this.title = h('strong', { class: 'card-title', data: { title: '' } });
    this.status = h('span', { class: 'card-status', data: { status: '' } });
    this.head = h('header', { class: 'card-head' });
    this.row = h('div', { class: 'card-buttons' });
    this.panel = h('div', { class: 'card-mini' });
    this.line = h('div', { class: 'card-line' });
    this.pulse = h('span', { class: 'card-pulse', 'aria-hidden': 'true' });
    this.timer = h('span', { class: 'card-timer', data: { timer: '' } });
    this.editor = h('textarea', { rows: 3, placeholder: 'What was said…', data: { comment: '' }, on: { input: () => card.writeComment(this.editor.value) } });
    this.root = h('section', { class: 'call-card', 'aria-label': 'Call', on: { dblclick: (event) => this.#doubleClick(event) } });
    this.root.callCard = card; // for the console
    this.onKey = (event) => this.#key(event);
  }

  show() {
    document.body.append(this.root);
    document.addEventListener('keydown', this.onKey);
    this.draw();
  }

  remove() {
    document.removeEventListener('keydown', this.onKey);
    this.root.remove();
  }

  draw() {
    const { card, root } = this;
    Object.assign(root.dataset, {
      card: card.params.callId, state: card.uiState, layout: card.layout, folded: String(card.folded), direction: card.direction,
    });
    root.dataset.face = card.face.kind;
    place(root, card.face.kind === 'mini' ? this.#panel() : this.#whole());
    this.drawTimer();
  }

  drawTimer() {
    const { seenTimer } = this.card.face;
    this.timer.hidden = seenTimer === null;
    this.timer.textContent = seenTimer ?? '';
  }

  /** An element that is made anew only when what it `shows` has changed. */
  #keep(name, shows, make) {
    const key = JSON.stringify(shows);
    const made = this.#made.get(name);
    if (made?.key === key) return made.element;
    const element = make();
    this.#made.set(name, { key, element });
    return element;
  }

  /** Nothing but its time, the one button that may be left, and the way back. */
  #panel() {
    place(this.panel, [
      this.pulse,
      this.#keep('spacer', null, () => h('span', { class: 'spacer' })),
      this.timer,
      ...this.card.face.buttons.map((button) => this.#button(button)),
      this.#small('unfold', () => this.card.unfold()),
    ]);
    return [this.panel];
  }

  #whole() {
    const { card, title, status, line, row } = this;
    const { face } = card;
    title.textContent = face.title;
    place(this.head, [
      this.pulse,
      title,
      // A comment belongs to the CRM part.
      face.kind === 'crm' && this.#small('comment', () => (card.commentOpen ? card.saveComment() : this.#openComment()), card.commentOpen),
      ...face.buttons.filter(({ name }) => IN_HEAD.includes(name)).map(({ name }) => this.#small(name, this.#action(name))),
    ].filter(Boolean));
    status.hidden = face.seenText === null;
    status.textContent = face.seenText ?? '';
    place(line, [status, this.timer]);
    const buttons = face.buttons.filter(({ name }) => !IN_HEAD.includes(name));
    row.className = `card-buttons card-buttons-${buttons.length > 3 ? 'many' : 'few'}`;
    place(row, buttons.map((button) => this.#button(button)));
    return [
      this.head,
      ...this.#who(face.client),
      line,
      card.commentOpen && this.#keep('comment', null, () => h('div', { class: 'card-comment' }, this.editor,
        h('button', { class: 'text-button', data: { saveComment: '' }, on: { click: () => card.saveComment() } }, 'Save comment'))),
      card.dialpadOpen && this.#keep('dialpad', null, () => dialpad((key) => card.pressKey(key))),
      this.gradesOpen && card.uiState === 'connected' && this.#keep('grades', card.quality, () => gradePicker(card.quality, (grade) => {
        this.gradesOpen = false;
        card.grade(grade);
      })),
      this.transfer.isShown && this.#keep('transfer', this.transfer.chosen, () => this.transfer.element(() => this.draw())),
      buttons.length > 0 && row,
    ].filter(Boolean);
  }

  #openComment() {
    this.editor.value = this.card.comment;
    this.card.openComment();
    this.editor.focus();
  }

  #who(client) {
    const { number, params } = this.card;
    const via = params.companyPhoneNumber;
    if (!client) {
      return [this.#keep('who', [number, via], () => h('div', { class: 'card-who' },
        h('div', { class: 'avatar' }, icon('user', 26)),
        h('div', {}, h('div', { class: 'card-name' }, number), h('div', { class: 'card-sub' }, via || 'External line'))))];
    }
    return [
      this.#keep('who', [number, client], () => h('div', { class: 'card-who' },
        h('div', { class: 'avatar' }, initials(client.name)),
        h('div', {},
          h('div', { class: 'card-name' }, client.name),
          h('div', { class: 'card-sub' }, [client.post, client.company].filter(Boolean).join(' · ')),
          h('div', { class: 'card-number' }, number)))),
      client.deal && this.#keep('deal', client, () => h('div', { class: 'card-deal' }, icon('deal', 16),
        h('span', {}, client.deal), h('b', {}, client.amount))),
      via && this.#keep('via', via, () => h('div', { class: 'card-via' }, `via ${via}`)),
    ];
  }

  #button(button) {
    const { card } = this;
    const { name } = button;
    const element = this.#buttons.get(button) ?? h('button', { data: { button: name }, on: { click: this.#action(name) } },
      h('span', { class: 'card-button-round' }, icon(ICONS[name] ?? name, 22)),
      h('span', { class: 'card-button-label' }, name === 'makeCall' && card.uiState === 'redial' ? 'Redial' : LABELS[name]));
    this.#buttons.set(button, element);
    const active = button.active || (name === 'dialpad' && card.dialpadOpen) || (name === 'quality' && card.quality);
    element.className = `card-button ${TONES[name] ?? ''} ${active ? 'active' : ''}`;
    if (['mute', 'hold'].includes(name)) element.setAttribute('aria-pressed', String(Boolean(active)));
    return element;
  }

  #small(name, action, active = false) {
    return this.#keep(`small ${name}`, active, () => h('button', {
      class: `ghost ${active ? 'active' : ''}`, title: LABELS[name], 'aria-label': LABELS[name],
      data: { button: name }, on: { click: action },
    }, icon(name, 18)));
  }

  #action(name) {
    const { card } = this;
    const own = {
      mute: () => card.pressMute(),
      hold: () => card.pressHold(),
      close: () => card.pressClose(),
      sipPhone: () => {}, // an external call has no desk phone to go to
      fold: () => card.fold(),
      next: () => card.pressNext(),
      dialpad: () => card.toggleDialpad(),
      quality: () => {
        this.gradesOpen = !this.gradesOpen;
        this.draw();
      },
      transfer: () => {
        this.transfer.toggle();
        this.draw();
      },
    };
    return own[name] ?? (() => card.press(name));
  }

  /** The CRM layout folds on a double click, also on one of its buttons, and in any state. */
  #doubleClick(event) {
    event.preventDefault();
    if (this.card.face.kind === 'crm') this.card.fold();
  }

  /** Esc closes in some states; digits are dialled while the keypad is open, whatever the state. */
  #key(event) {
    if (event.key === 'Escape') this.card.pressEsc();
    else if (this.card.dialpadOpen && /^[0-9]$/.test(event.key)
      && !event.target.closest?.('input, textarea')) this.card.pressKey(event.key);
  }
}

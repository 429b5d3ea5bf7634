// The call card's looks. Everything a test or a script touches has a data attribute:
// see "Hooks" in docs/simulator.md.

import { h, initials } from './dom.js';
import { icon } from './icons.js';
import { LABELS } from './card-states.js';
import { dialpad, gradePicker, TransferDialog } from './card-dialogs.js';

const ICONS = { sipPhone: 'answer', skip: 'hangup', makeCall: 'answer', completeTransfer: 'check', cancelTransfer: 'cancel', notifyAdmin: 'bell', next: 'user' };
const TONES = { answer: 'go', makeCall: 'go', completeTransfer: 'go', skip: 'stop', hangup: 'stop' };
/** In the head of the card, small, rather than in its row of buttons. */
const IN_HEAD = ['fold', 'close'];

export class CardView {
  constructor(card) {
    this.card = card;
    this.transfer = new TransferDialog(card);
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
    const focused = document.activeElement === this.editor;
    root.dataset.face = card.face.kind;
    root.replaceChildren(...(card.face.kind === 'mini' ? this.#panel() : this.#whole()));
    this.drawTimer();
    if (focused) this.editor.focus();
  }

  drawTimer() {
    const { seenTimer } = this.card.face;
    this.timer.hidden = seenTimer === null;
    this.timer.textContent = seenTimer ?? '';
  }

  /** Nothing but its time, the one button that may be left, and the way back. */
  #panel() {
    return [h('div', { class: 'card-mini' },
      this.#pulse(),
      h('span', { class: 'spacer' }),
      this.timer,
      this.card.face.buttons.map((button) => this.#button(button)),
      this.#small('unfold', () => this.card.unfold()))];
  }

  #whole() {
    const { card } = this;
    const { face } = card;
    const head = face.buttons.filter(({ name }) => IN_HEAD.includes(name));
    const row = face.buttons.filter(({ name }) => !IN_HEAD.includes(name));
    return [
      h('header', { class: 'card-head' },
        this.#pulse(),
        h('strong', { class: 'card-title', data: { title: '' } }, face.title),
        // A comment belongs to the CRM part.
        face.kind === 'crm' && this.#small('comment', () => (card.commentOpen ? card.saveComment() : this.#openComment()), card.commentOpen),
        head.map(({ name }) => this.#small(name, this.#action(name)))),
      face.client ? this.#client(face.client) : this.#simple(),
      h('div', { class: 'card-line' },
        h('span', { class: 'card-status', data: { status: '' }, hidden: face.seenText === null }, face.seenText),
        this.timer),
      card.commentOpen && h('div', { class: 'card-comment' }, this.editor,
        h('button', { class: 'text-button', data: { saveComment: '' }, on: { click: () => card.saveComment() } }, 'Save comment')),
      card.dialpadOpen && dialpad((key) => card.pressKey(key)),
      this.gradesOpen && card.uiState === 'connected' && gradePicker(card.quality, (grade) => {
        this.gradesOpen = false;
        card.grade(grade);
      }),
      this.transfer.element(() => this.draw()),
      row.length > 0 && h('div', { class: `card-buttons card-buttons-${row.length > 3 ? 'many' : 'few'}` },
        row.map((button) => this.#button(button))),
    ].flat(Infinity).filter(Boolean);
  }

  #openComment() {
    this.editor.value = this.card.comment;
    this.card.openComment();
    this.editor.focus();
  }

  #pulse() {
    return h('span', { class: 'card-pulse', 'aria-hidden': 'true' });
  }

  #simple() {
    return h('div', { class: 'card-who' },
      h('div', { class: 'avatar' }, icon('user', 26)),
      h('div', {}, h('div', { class: 'card-name' }, this.card.number),
        h('div', { class: 'card-sub' }, this.card.params.companyPhoneNumber || 'External line')));
  }

  #client(client) {
    const { number, params } = this.card;
    return [
      h('div', { class: 'card-who' },
        h('div', { class: 'avatar' }, initials(client.name)),
        h('div', {},
          h('div', { class: 'card-name' }, client.name),
          h('div', { class: 'card-sub' }, [client.post, client.company].filter(Boolean).join(' · ')),
          h('div', { class: 'card-number' }, number))),
      client.deal && h('div', { class: 'card-deal' }, icon('deal', 16),
        h('span', {}, client.deal), h('b', {}, client.amount)),
      params.companyPhoneNumber && h('div', { class: 'card-via' }, `via ${params.companyPhoneNumber}`),
    ];
  }

  #button({ name, active: pressed }) {
    const { card } = this;
    const active = pressed || (name === 'dialpad' && card.dialpadOpen) || (name === 'quality' && card.quality);
    return h('button', {
      class: `card-button ${TONES[name] ?? ''} ${active ? 'active' : ''}`,
      'aria-pressed': ['mute', 'hold'].includes(name) ? String(Boolean(active)) : undefined,
      data: { button: name }, on: { click: this.#action(name) },
    }, h('span', { class: 'card-button-round' }, icon(ICONS[name] ?? name, 22)),
    h('span', { class: 'card-button-label' }, name === 'makeCall' && card.uiState === 'redial' ? 'Redial' : LABELS[name]));
  }

  #small(name, action, active = false) {
    return h('button', {
      class: `ghost ${active ? 'active' : ''}`, title: LABELS[name], 'aria-label': LABELS[name],
      data: { button: name }, on: { click: action },
    }, icon(name, 18));
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

// The call card: what it knows and does. How it looks is `card-view.js`.

import { CardTimer } from './card-timer.js';
import { CardView } from './card-view.js';
import { FOLDED_BUTTONS, STATES } from './card-states.js';
import { after } from './clock.js';
import { afterFault, config, post } from './server.js';
import { log } from './log.js';

/** A card with an open comment editor lingers this long after `finish` or `hide`. */
const LINGER_MS = 65_000;

export class CallCard {
  uiState = 'idle';
  layout = 'simple';
  title = '';
  statusText = '';
  muted = false;
  held = false;
  folded = false;
  closable = false;
  commentOpen = false;
  comment = '';
  dialpadOpen = false;
  quality = null;
  client = null;
  #closed = false;
  #lingering = null;

  constructor(params, { external, worker, userId, emit, onChange, onClose }) {
    this.params = params;
    this.external = external;
    this.worker = worker;
    this.userId = userId;
    this.emit = emit;
    this.onChange = onChange;
    this.onClose = onClose;
    this.timer = new CardTimer(() => this.view.drawTimer());
    this.view = new CardView(this);
    worker.card = this;
    if (params.showCrmCard) this.#loadCrmCard();
    this.emit('initialized', this.#initialized());
    // The page writes its title a moment later, over whatever an app wrote meanwhile.
    afterFault((faults) => faults.lateTitleMs, () => {
      if (!this.#closed) this.setTitle(this.#ownTitle());
    });
  }

  get direction() {
    if (this.params.isCallback) return 'callback';
    // As the portal compares: an array of one user is a number, of two it is not.
    return this.params.fromUserId > 0 ? 'outgoing' : 'incoming';
  }

  /** What stands on the card as the other side's number. */
  get number() {
    return this.params.phoneNumber;
  }

  get buttons() {
    const { buttons, timer } = STATES[this.uiState];
    // A campaign goes on to the next client where no call is under way.
    const all = this.params.callList && timer === 'stops' && !buttons.some((name) => ['hangup', 'skip'].includes(name)) ? [...buttons, 'next', 'skip'] : buttons;
    return this.folded ? all.filter((name) => FOLDED_BUTTONS.includes(name)) : all;
  }

  #initialized() {
    const { callId, phoneNumber, lineNumber, companyPhoneNumber, crmEntityType, crmEntityId, crmActivityId, crmBindings } = this.params;
    return {
      CALL_ID: callId,
      PHONE_NUMBER: phoneNumber === 'unknown' ? undefined : phoneNumber,
      LINE_NUMBER: lineNumber ?? '',
      LINE_NAME: companyPhoneNumber ?? '',
      CRM_ENTITY_TYPE: crmEntityType ?? '',
      CRM_ENTITY_ID: Number(crmEntityId) || 0,
      CRM_ACTIVITY_ID: Number(crmActivityId) || undefined,
      CRM_BINDINGS: crmBindings ?? [],
      CALL_DIRECTION: this.direction,
      CALL_STATE: 'idle',
      CALL_LIST_MODE: Boolean(this.params.callList),
    };
  }

  #ownTitle() {
    const words = { incoming: 'Incoming call from', outgoing: 'Outgoing call to', callback: 'Callback to' };
    return `${words[this.direction]} ${this.number}`;
  }

  // ----- the CRM part

  async #loadCrmCard() {
    const { crmEntityType, crmEntityId, phoneNumber } = this.params;
    this.emit('entityChanged', {
      CRM_ENTITY_TYPE: crmEntityType ?? '',
      CRM_ENTITY_ID: Number(crmEntityId) || 0,
      PHONE_NUMBER: phoneNumber,
    });
    let client;
    try {
      client = await post('/portal/crm-card', { entityType: crmEntityType ?? '', entityId: Number(crmEntityId) || 0, phoneNumber });
    } catch {
      log('note', 'crm card', 'did not arrive: the card keeps its simple layout');
      return;
    }
    if (this.#closed) return;
    this.client = client;
    this.layout = 'crm';
    // The new layout has elements of its own, and the page applies the present state to them:
    // for `connected` that starts a timer an app had stopped.
    this.timer.shown = true;
    this.setUiState(this.uiState);
    this.setStatusText(this.statusText);
  }

  /** The portal knows the client now. */
  identify({ crmEntityType, crmEntityId }) {
    Object.assign(this.params, { crmEntityType, crmEntityId });
    if (this.params.showCrmCard) this.#loadCrmCard();
  }

  // ----- what the platform worker does to it

  setUiState(name) {
    this.uiState = name;
    const { timer, esc } = STATES[name];
    if (timer === 'starts') this.timer.start();
    if (timer === 'stops') this.timer.stop();
    if (esc !== null) this.closable = esc;
    if (name !== 'connected') this.dialpadOpen = false;
    this.#changed();
  }

  setMuted(muted) {
    if (Boolean(this.muted) === Boolean(muted)) return;
    this.muted = muted;
    this.#changed();
  }

  setHeld(held) {
    if (Boolean(this.held) === Boolean(held)) return;
    this.held = held;
    this.#changed();
  }

  setTitle(title) {
    this.title = title;
    this.#changed();
  }

  setStatusText(text) {
    this.statusText = text;
    this.#changed();
  }

  /** Throws where the layout has no element for it, as the portal does. */
  showTimer() {
    if (this.layout === 'simple') throw new TypeError('the simple layout has no timer element');
    this.timer.shown = true;
    this.#changed();
  }

  startTimer() {
    this.timer.start();
    this.#changed();
  }

  stopTimer() {
    this.timer.stop();
    this.#changed();
  }

  hideTimer() {
    this.timer.hide();
    this.#changed();
  }

  stopAndHideTimer() {
    this.timer.stop();
    this.hideTimer();
  }

  // ----- what a person does to it. For an external call the page itself does next to nothing.

  /** answer, skip, hangup, makeCall, cancelTransfer, completeTransfer, notifyAdmin. */
  press(stem) {
    this.emit(`${stem}ButtonClick`, undefined);
  }

  /** A campaign's next client: the page shows it, the app is told by `entityChanged`. */
  pressNext() {
    this.press('next');
    const { clients } = config.directory;
    const at = clients.findIndex(({ type, id }) => type === this.params.crmEntityType && id === Number(this.params.crmEntityId));
    const next = clients[(at + 1) % clients.length];
    this.params.phoneNumber = next.phones[0].number;
    this.identify({ crmEntityType: next.type, crmEntityId: next.id });
  }

  pressMute() {
    this.setMuted(!this.muted);
    this.emit('muteButtonClick', Boolean(this.muted));
  }

  pressHold() {
    this.setHeld(!this.held);
    this.emit('holdButtonClick', Boolean(this.held));
  }

  pressClose() {
    this.emit('closeButtonClick', undefined);
    this.close();
  }

  pressEsc() {
    if (this.closable) this.close();
  }

  pressKey(key) {
    this.emit('dialpadButtonClick', key);
  }

  toggleDialpad() {
    this.dialpadOpen = !this.dialpadOpen;
    this.#changed();
  }

  grade(grade) {
    this.quality = grade;
    this.#changed();
    this.emit('qualityMeterClick', String(grade));
  }

  openComment() {
    this.commentOpen = true;
    this.#changed();
  }

  saveComment(text) {
    this.comment = text;
    this.commentOpen = false;
    this.#changed();
    this.emit('addCommentButtonClick', text);
  }

  /** A target was picked. The payload has another shape once any app used the card's commands. */
  transferTo(target, type = 'user') {
    this.emit('transferButtonClick', this.worker.used ? { phoneNumber: this.number, target } : { type, target });
  }

  fold() {
    this.folded = true;
    this.#changed();
  }

  unfold() {
    this.folded = false;
    this.#changed();
  }

  // ----- its end

  show() {
    this.view.show();
  }

  /** After `finish`, `hide`, or a close in another tab. */
  autoClose() {
    if (!this.commentOpen) {
      this.close();
      return;
    }
    this.#lingering ??= after(LINGER_MS, () => {
      if (this.commentOpen) this.saveComment(this.view.commentText);
      this.close();
    });
  }

  /** No event: who closes by command or from elsewhere is told nothing. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#lingering?.();
    this.timer.stop();
    this.view.remove();
    // In the desktop client only the close command lets go of the pointer.
    this.worker.card = undefined;
    this.onClose();
  }

  #changed() {
    if (this.#closed) return;
    this.view.draw();
    this.onChange();
  }

  /** For the state of the page. */
  state() {
    return {
      callId: this.params.callId,
      external: this.external,
      uiState: this.uiState,
      title: this.title,
      statusText: this.statusText,
      timer: this.timer.text,
      timerRunning: this.timer.running,
      muted: Boolean(this.muted),
      held: Boolean(this.held),
      folded: this.folded,
      layout: this.layout,
      buttons: this.buttons,
      closable: this.closable,
      commentOpen: this.commentOpen,
      dialpadOpen: this.dialpadOpen,
      direction: this.direction,
      phoneNumber: this.number,
    };
  }
}

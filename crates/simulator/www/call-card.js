// The call card: what it knows and does. What its elements show is `card-face.js`, how that looks `card-view.js`.

import { CardFace } from './card-face.js';
import { CardTimer } from './card-timer.js';
import { CardView } from './card-view.js';
import { FOLDED_BUTTONS, buttonsOf, stateOf } from './card-states.js';
import { after } from './clock.js';
import { cardTitle } from './phone-number.js';
import { afterFault, config, post } from './server.js';
import { log } from './log.js';

/** A card with an open comment editor lingers this long after `finish` or `hide`. */
const LINGER_MS = 65_000;
/** A page with a folded card in one of these states may be left without a question. */
const LEAVES_QUIETLY = ['idle', 'error', 'externalCard'];

export class CallCard {
  uiState = 'idle';
  layout = 'simple';
  title = '';
  statusText = '';
  muted = false;
  held = false;
  closable = false;
  commentOpen = false;
  comment = '';
  dialpadOpen = false;
  quality = null;
  disposed = false;
  /** Which parts a set of elements that is made now shows. */
  #parts = { text: false, timer: false };
  /** The unfolded elements of a folded card, as they were. */
  #stored = null;
  #linger = null;

  constructor(params, { external, folded, worker, userId, emit, onChange, onClose }) {
    this.params = params;
    this.external = external;
    this.worker = worker;
    this.userId = userId;
    this.emit = emit;
    this.onChange = onChange;
    this.onClose = onClose;
    this.timer = new CardTimer(() => this.#drawTimer());
    this.view = new CardView(this);
    this.folded = folded;
    this.face = this.#newFace(folded ? 'mini' : 'simple');
    worker.card = this;
    if (params.showCrmCard && !folded) this.#loadCrmCard();
    this.emit('initialized', this.#initialized());
    // The page writes its title a moment later, over whatever an app wrote meanwhile.
    afterFault((faults) => faults.lateTitleMs, () => {
      if (!this.disposed) this.setTitle(cardTitle(this.params, this.direction));
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

  /** The buttons that are on it now. */
  get buttons() {
    return this.face.buttons.map(({ name }) => name);
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

  // ----- the CRM part

  /** `entity` as it is told to the app: numbers at first, later whatever the server pushes. */
  async #loadCrmCard(entity = { type: this.params.crmEntityType ?? '', id: Number(this.params.crmEntityId) || 0 }) {
    const { phoneNumber } = this.params;
    this.emit('entityChanged', { CRM_ENTITY_TYPE: entity.type, CRM_ENTITY_ID: entity.id, PHONE_NUMBER: phoneNumber });
    let client;
    try {
      client = await post('/portal/crm-card', { entityType: entity.type ?? '', entityId: Number(entity.id) || 0, phoneNumber });
    } catch {
      log('note', 'crm card', 'did not arrive: the card keeps the layout it has');
      return;
    }
    if (this.disposed) return;
    if (this.layout === 'simple') {
      this.layout = 'crm';
      // Where the card is folded this takes the place of its panel: a whole layout, and no way to unfold it.
      this.face = this.#newFace('crm');
      // Its elements are new, and the page applies the present state to them: for `connected` that starts
      // a timer an app had stopped.
      this.setUiState(this.uiState);
      this.setStatusText(this.statusText);
    }
    if (this.face.kind === 'crm') this.face.client = client;
    this.#changed();
  }

  /** The portal knows the client now. */
  identify({ crmEntityType, crmEntityId }) {
    Object.assign(this.params, { crmEntityType, crmEntityId });
    if (this.params.showCrmCard) this.#loadCrmCard({ type: crmEntityType, id: crmEntityId });
  }

  // ----- its elements

  #newFace(kind) {
    return new CardFace(kind, { title: this.title, statusText: this.statusText, parts: this.#parts });
  }

  #showParts({ text, timer }) {
    const { textPart, timerPart } = this.face;
    if (textPart) textPart.shown = text;
    if (timerPart) timerPart.shown = timer;
  }

  #drawButtons() {
    const names = buttonsOf(this.uiState, this.direction);
    const { timer } = stateOf(this.uiState);
    // A campaign goes on to the next client where no call is under way.
    const all = this.params.callList && timer === 'stops' && !names.some((name) => ['hangup', 'skip'].includes(name)) ? [...names, 'next', 'skip'] : names;
    const pressed = { mute: this.muted, hold: this.held };
    this.face.buttons = all.filter((name) => !this.folded || FOLDED_BUTTONS.includes(name))
      .map((name) => ({ name, active: Boolean(pressed[name]) }));
  }

  #drawTimer() {
    this.face.setTimerText(this.timer.text);
    this.view.drawTimer();
  }

  // ----- what the platform worker does to it

  setUiState(name) {
    this.uiState = String(name);
    const { timer, esc, parts } = stateOf(name);
    if (esc !== null) this.closable = esc;
    if (parts === 'both') {
      this.#showParts({ text: true, timer: true });
      this.#parts = { text: true, timer: true };
    } else if (parts === 'text') {
      this.#showParts({ text: true, timer: false });
      // Where there are no such parts the page does not note them down either.
      if (this.face.textPart) this.#parts.text = true;
      if (this.face.timerPart) this.#parts.timer = false;
    }
    if (timer === 'starts') this.timer.start();
    if (timer === 'stops') this.timer.stop();
    this.#drawButtons();
    this.#changed();
  }

  /** The elements of a folded card know nothing of it, and do not learn it by unfolding. */
  setMuted(muted) {
    if (Boolean(this.muted) === Boolean(muted)) return;
    this.muted = muted;
    this.face.mark('mute', Boolean(muted));
    this.#changed();
  }

  setHeld(held) {
    if (Boolean(this.held) === Boolean(held)) return;
    this.held = held;
    this.face.mark('hold', Boolean(held));
    this.#changed();
  }

  setTitle(title) {
    this.title = title;
    this.face.setTitle(title);
    this.#changed();
  }

  setStatusText(text) {
    this.statusText = text;
    this.face.setStatusText(text);
    this.#changed();
  }

  /** Throws where the layout has no element for it, as the portal does. */
  showTimer() {
    const element = ({ kind, timer }) => {
      if (!timer) throw new TypeError(`the ${kind} layout has no timer element`);
      return timer;
    };
    this.#parts.timer = true;
    element(this.face).shown = true;
    if (this.folded) element(this.#stored).shown = true;
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
    this.#parts.timer = false;
    if (this.face.timer) this.face.timer.shown = false;
    this.timer.reset();
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

  /** What is open over the card goes first. Of a folded card nothing listens to Esc. */
  pressEsc() {
    if (this.dialpadOpen) this.toggleDialpad();
    else if (this.closable && !this.folded) this.close();
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

  /** Who writes has time: a card that lingers starts to wait anew. */
  writeComment(text) {
    this.comment = text;
    if (this.#linger) {
      this.#linger();
      this.#waitAndClose();
    }
  }

  saveComment() {
    this.commentOpen = false;
    this.#changed();
    post('/portal/comment', { callId: this.params.callId, comment: this.comment }).catch(() => {});
    if (this.disposed) throw new TypeError('the card has gone, and with it the way to tell apps of its comment');
    this.emit('addCommentButtonClick', this.comment);
  }

  /** A target was picked. The payload has another shape once any app used the card's commands. */
  transferTo(target, type = 'user') {
    this.emit('transferButtonClick', this.worker.used ? { phoneNumber: this.number, target } : { type, target });
  }

  fold() {
    if (this.folded) return;
    this.folded = true;
    this.#stored = this.face;
    this.face = this.#newFace('mini');
    this.#drawButtons();
    this.#drawTimer();
    this.#changed();
  }

  /** The elements come back as they were when the card was folded; the next state draws their buttons anew. */
  unfold() {
    this.folded = false;
    if (this.#stored) this.face = this.#stored;
    else {
      // A card that was folded from its first moment has none yet.
      this.face = this.#newFace('simple');
      this.#drawButtons();
      if (this.params.showCrmCard) this.#loadCrmCard();
    }
    this.#changed();
  }

  /** Whether the page may be left without a question. */
  get leavesQuietly() {
    return this.folded && LEAVES_QUIETLY.includes(this.uiState);
  }

  // ----- its end

  show() {
    this.view.show();
  }

  /** After `finish`, `hide`, or a close in another tab. Each of them waits for itself. */
  autoClose() {
    if (this.commentOpen) this.#waitAndClose();
    else this.close();
  }

  #waitAndClose() {
    this.#linger = after(LINGER_MS, () => {
      try {
        if (this.commentOpen) this.saveComment();
        this.close();
        this.#linger = null;
      } catch (error) {
        log('note', 'portal error', `a card that lingered: ${error.message}`);
      }
    });
    this.onChange();
  }

  /** No event: who closes by command or from elsewhere is told nothing. A comment that is open is lost. */
  close() {
    this.onClose();
  }

  /** Nothing waits any less for it: a card that lingered is closed once more when its time comes. */
  dispose() {
    this.disposed = true;
    this.timer.stop();
    this.view.remove();
    // In the desktop client only the close command lets go of the pointer.
    this.worker.card = undefined;
  }

  #changed() {
    if (this.disposed) return;
    this.view.draw();
    this.onChange();
  }

  /** For the state of the page: what is to be seen, and what the card's commands compare with. */
  state() {
    const { face } = this;
    return {
      callId: this.params.callId,
      external: this.external,
      uiState: this.uiState,
      title: face.title,
      statusText: face.seenText,
      timer: face.seenTimer,
      timerRunning: this.timer.running,
      muted: Boolean(this.muted),
      held: Boolean(this.held),
      pressed: face.buttons.filter(({ active }) => active).map(({ name }) => name),
      folded: this.folded,
      layout: this.layout,
      buttons: this.buttons,
      closable: this.closable,
      commentOpen: this.commentOpen,
      lingers: this.#linger !== null,
      dialpadOpen: this.dialpadOpen,
      direction: this.direction,
      phoneNumber: this.number,
    };
  }
}

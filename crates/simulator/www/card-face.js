// What one set of the card's elements shows. The card writes to the set it has now. Folding puts a small panel in
// its place and keeps the set as it is; unfolding brings back just that, whatever became of the call meanwhile.

/**
 * `kind`: `simple` before the card's CRM part, `crm` with it, `mini` for the panel of a folded card.
 * Not every kind has every element: the panel has no title and no text, the simple layout no timer.
 */
export class CardFace {
  /** `[{ name, active }]`: the buttons as they were drawn last. */
  buttons = [];
  timerText = '';
  /** The client of the CRM part. */
  client = null;

  constructor(kind, { title = '', statusText = '', parts }) {
    this.kind = kind;
    this.title = kind === 'mini' ? null : title;
    this.statusText = kind === 'mini' ? null : statusText;
    // The simple layout's text is in no part that could be hidden.
    this.textPart = kind === 'crm' ? { shown: parts.text } : null;
    this.timerPart = kind === 'simple' ? null : { shown: parts.timer };
    // In the panel the part and the timer are one element.
    this.timer = kind === 'mini' ? this.timerPart : this.timerPart && { shown: true };
  }

  /** The text that is to be seen; null when none is. */
  get seenText() {
    return this.textPart?.shown === false ? null : this.statusText;
  }

  /** The timer that is to be seen; null when none is. */
  get seenTimer() {
    return this.timerPart?.shown && this.timer.shown && this.timerText ? this.timerText : null;
  }

  setTitle(title) {
    if (this.title !== null) this.title = title;
  }

  setStatusText(text) {
    if (this.statusText !== null) this.statusText = text;
  }

  setTimerText(text) {
    if (this.timer) this.timerText = text;
  }

  /** Presses a button in, or lets it out, if it is there. */
  mark(name, active) {
    const button = this.buttons.find((one) => one.name === name);
    if (button) button.active = active;
  }
}

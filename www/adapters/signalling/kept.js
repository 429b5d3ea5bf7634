// A call whose hub is gone: all there is of it is what was kept. Its far end may still be talking, and the
// dialog can be replaced, or ended, from anywhere.

/** How many requests the old hub may have sent after it was kept. */
const SEQUENCES = 1000;

export class KeptLeg {
  on = {};
  gone = false;
  #kept;
  #bye;

  /**
   * @param {import('../../softphone.js').CallSnapshot} kept
   * @param {(dialog: object) => Promise<void>} bye
   */
  constructor(kept, bye) {
    this.#kept = kept;
    this.#bye = bye;
  }

  get incoming() {
    return this.#kept.incoming;
  }
  get callId() {
    return this.dialog.dialog.callId;
  }
  get number() {
    return this.#kept.number;
  }
  get displayName() {
    return this.#kept.displayName;
  }
  get dialog() {
    return this.#kept.leg;
  }

  async reinvite() {
    throw Object.assign(new Error('the dialog of this call is lost'), { status: 481 });
  }

  async end() {
    const { dialog, ...rest } = this.#kept.leg;
    await this.#bye({ ...rest, dialog: { ...dialog, sequence: dialog.sequence + SEQUENCES } });
    this.gone = true;
  }

  forget() {
    this.gone = true;
  }
}

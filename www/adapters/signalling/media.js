// The media of one call leg, as signalling knows it: descriptions go back and forth, sound does not
// pass here. It lives in the page that has the seat (`www/media/media.js`).

export class Media {
  #end;
  #muted;
  #held;
  #state = { remoteHeld: false, signalingState: 'stable' };
  #closed = false;
  #on;

  /**
   * @param {{ muted?: boolean, held?: boolean }} wanted
   * @param {{ remoteHeld(held: boolean): void, flowing(is: boolean): void, failed(error: Error): void, restart(): Promise<void> }} on
   */
  constructor({ muted = false, held = false }, on) {
    this.#muted = muted;
    this.#held = held;
    this.#on = on;
  }

  async open(seat, settings) {
    const on = {
      state: (state) => this.#is(state),
      flowing: (is) => this.#on.flowing(is),
      failed: (error) => this.#on.failed(error),
      restart: () => this.#on.restart(),
    };
    const end = await seat.open({ ...settings, muted: this.#muted, held: this.#held }, on);
    if (this.#closed) return end.close();
    this.#end = end;
  }

  get closed() {
    return this.#closed;
  }
  get remoteHeld() {
    return this.#state.remoteHeld;
  }
  get signalingState() {
    return this.#state.signalingState;
  }

  // ---- descriptions

  /** Our offer, or our answer to the offer that was taken, with its candidates. */
  describe(type) {
    return this.#end.ask('describe', type);
  }

  /** Theirs. */
  take(type, sdp) {
    return this.#end.ask('take', type, sdp);
  }

  /** Takes back an offer that was refused, so that the next one can be made. */
  rollback() {
    return this.#end.ask('rollback');
  }

  listenAgain() {
    return this.#end.ask('listenAgain');
  }

  // ---- the microphone

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    this.#end?.tell('muted', muted);
  }

  /** Resolves when it is so. */
  async mute(muted) {
    this.#muted = muted;
    await this.#end?.ask('muted', muted);
  }

  get held() {
    return this.#held;
  }

  /** Takes effect with the next offer. What the microphone hears stays here at once. */
  set held(held) {
    this.#held = held;
    this.#end?.tell('held', held);
  }

  async replaceMicrophone(constraints) {
    await this.#end?.ask('microphone', constraints);
  }

  /** As an RTP event; gives whether it could be said so. */
  sendTone(tone) {
    return this.#end.ask('tone', tone);
  }

  // ---- its life

  /** It is the call's: by the call's id it can be found in the page. */
  joined() {
    this.#end?.tell('joined');
  }

  /** It flows from now on; when it no longer does, it is to be mended. */
  watch() {
    this.#end?.tell('watch');
  }

  async statistics() {
    return new Map((await this.#end.ask('statistics')).map((one) => [one.id, one]));
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#end?.close();
  }

  #is(state) {
    const before = this.#state.remoteHeld;
    this.#state = state;
    if (state.remoteHeld !== before) this.#on.remoteHeld(state.remoteHeld);
  }
}

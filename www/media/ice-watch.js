// Mends a call's media path. When ICE loses it, or the network changes, ICE is restarted by
// re-INVITE, a few times; a call that stays silent then ends, and says why.

import { pause, problem } from '../adapters/lib/problem.js';

export class IceWatch {
  #pc;
  #limits;
  #on;
  #over = new AbortController();
  #flowing = true;
  #mending = false;
  #network = navigator.connection?.type;
  #wake = () => {};

  /**
   * @param {RTCPeerConnection} pc
   * @param {{ patience: number, wait: number, tries: number }} limits in ms: how long a break may
   *   last unmended, how long a restart may take, and how many there are
   * @param {{ flowing(is: boolean): void, restart(): Promise<void>, failed(error: Error): void }} on
   */
  constructor(pc, limits, on) {
    this.#pc = pc;
    this.#limits = limits;
    this.#on = on;
    pc.addEventListener('iceconnectionstatechange', this.#look);
    addEventListener('online', this.#moved);
    navigator.connection?.addEventListener?.('change', this.#changed);
    this.#look();
  }

  stop() {
    this.#over.abort();
    this.#wake();
    this.#pc.removeEventListener('iceconnectionstatechange', this.#look);
    removeEventListener('online', this.#moved);
    navigator.connection?.removeEventListener?.('change', this.#changed);
  }

  #look = () => {
    const state = this.#pc.iceConnectionState;
    if (state === 'connected' || state === 'completed') {
      this.#tell(true);
      this.#wake();
    } else if (state === 'disconnected' || state === 'failed') {
      this.#tell(false);
      this.#wake();
      void this.#mend(state === 'failed' ? 0 : this.#limits.patience);
    }
  };

  // The old path may hold for a while although the network is another: a restart finds the new one.
  #moved = () => void this.#mend(0, true);

  // It also tells each new estimate of the speed, which is no other network.
  #changed = () => {
    const { type } = navigator.connection;
    if (type !== this.#network) this.#moved();
    this.#network = type;
  };

  async #mend(patience, moved = false) {
    if (this.#mending || this.#over.signal.aborted) return;
    this.#mending = true;
    try {
      if (patience) await this.#settled(patience); // most interruptions pass by themselves
      for (let tries = 0; tries < this.#limits.tries && (moved || !this.#up) && !this.#gone; tries++) {
        moved = false;
        this.#pc.restartIce();
        const deadline = performance.now() + this.#limits.wait;
        // Without signalling nothing was tried.
        const lost = ({ code }) => code === 'UNREGISTERED' && tries--;
        await Promise.race([this.#on.restart().catch(lost), pause(this.#limits.wait, this.#over.signal)]);
        await this.#settled(Math.max(deadline - performance.now(), 0));
      }
    } finally {
      this.#mending = false;
    }
    if (!this.#up && !this.#gone) this.#on.failed(problem('ICE_FAILED', 'the connection of the call broke and could not be mended'));
  }

  get #up() {
    return ['connected', 'completed'].includes(this.#pc.iceConnectionState);
  }

  get #gone() {
    return this.#over.signal.aborted;
  }

  /** Until media flows, or the time is over. */
  async #settled(ms) {
    const until = performance.now() + ms;
    while (!this.#up && !this.#gone && performance.now() < until) {
      const change = new AbortController();
      this.#wake = () => change.abort();
      await pause(until - performance.now(), change.signal);
    }
  }

  #tell(flowing) {
    if (flowing === this.#flowing) return;
    this.#flowing = flowing;
    this.#on.flowing(flowing);
  }
}

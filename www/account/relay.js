// The host's TURN server, with this operator's credentials: asked for before they end, so that a page that is open for
// days gets through as one that was just loaded.

/** Which part of their time may pass before others are asked for, and how soon again after that failed. */
const RENEW_AT = 0.75;
const AGAIN_MS = 60_000;
/** How long a call waits for credentials in the place of some that have ended, as after a night's sleep. */
const PATIENCE_MS = 3000;

export class Relay {
  #ask;
  #report;
  #known = [];
  #endsAt = 0;
  #asking;

  /**
   * @param {(path: string, what: string) => Promise<{ iceServers: object[], seconds?: number }>} ask
   * @param {(code: string, error: unknown) => void} report
   */
  constructor(ask, report) {
    this.#ask = ask;
    this.#report = report;
  }

  /** The servers, with credentials that hold; none rather than keep a call waiting for long. */
  async servers() {
    if (Date.now() >= this.#endsAt) await Promise.race([this.#renew(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
    return this.#known;
  }

  #renew() {
    return (this.#asking ??= this.#fetch().finally(() => (this.#asking = undefined)));
  }

  async #fetch() {
    let pause = AGAIN_MS;
    try {
      const { iceServers, seconds } = await this.#ask('/turn/:portal', 'its TURN server');
      this.#known = iceServers;
      this.#endsAt = seconds ? Date.now() + seconds * 1000 : Infinity;
      if (!seconds) return; // they never end
      pause = seconds * 1000 * RENEW_AT;
    } catch (error) {
      this.#report('TURN_UNKNOWN', `the host tells no TURN server (${error.message}): calls go without one until it does`);
    }
    setTimeout(() => void this.#renew(), pause);
  }
}

// For how long nobody is heard: at the operator by what the connections of all tabs have received, looked at from
// outside, since the page that is listened in dies; at the customer by what the loudspeaker was given.

/** How often it is looked. */
const EVERY_MS = 100;

export class Gauge {
  /** When sound had come since the look before. */
  #heard = [];
  #totals = new WeakMap();
  #stopped = false;
  #running;

  constructor(operator) {
    this.#running = this.#run(operator);
  }

  async #run(operator) {
    while (!this.#stopped) {
      await Promise.all(operator.tabs.map((tab) => this.#look(tab).catch(() => {})));
      await new Promise((wake) => setTimeout(wake, EVERY_MS));
    }
  }

  async #look(tab) {
    const flow = await Promise.race([tab.audio(), new Promise((give) => setTimeout(give, 1000))]);
    if (!flow) return;
    const before = this.#totals.get(tab);
    this.#totals.set(tab, flow.heard);
    if (before !== undefined && flow.heard > before) this.#heard.push(Date.now());
  }

  /** The longest time after `from` in which the operator heard nothing, until sound came again: ms. */
  longestSince(from) {
    const times = this.#heard.filter((at) => at > from);
    const gaps = [from, ...times].slice(0, -1).map((at, index) => times[index] - at);
    return Math.max(0, ...gaps);
  }

  /** How long after `from` sound came: ms. */
  firstSince(from) {
    const first = this.#heard.find((at) => at > from);
    return first && first - from;
  }

  async stop() {
    this.#stopped = true;
    await this.#running;
  }
}

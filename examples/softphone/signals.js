// A phone's line to the signalling server: what is said to it comes as server-sent events, what it says goes by POST.

export class Signals {
  #address;
  #on;
  #stream;
  #said = Promise.resolve();

  /** `on.up` and `on.down` tell of the line, `on.heard` what the far end says. */
  constructor(number, on) {
    this.#address = `/signals/${encodeURIComponent(number)}`;
    this.#on = on;
    this.#open();
  }

  /** One after the other: a candidate must not arrive before the description that it belongs to. */
  say(type, call, rest) {
    const message = { method: 'POST', keepalive: true, body: JSON.stringify({ type, call, ...rest }) };
    const said = this.#said.then(() => fetch(this.#address, message));
    this.#said = said.then(({ ok }) => ok || this.#again(), () => this.#again());
  }

  close() {
    this.#stream.close();
  }

  #open() {
    this.#stream = new EventSource(this.#address); // which tries again by itself
    this.#stream.onopen = () => this.#on.up();
    this.#stream.onerror = () => this.#on.down();
    this.#stream.onmessage = ({ data }) => this.#on.heard(JSON.parse(data));
  }

  /** Something was not said, so the two ends no longer agree: begin anew. */
  #again() {
    if (this.#stream.readyState === EventSource.CLOSED) return;
    this.#stream.close();
    this.#on.down();
    this.#open();
  }
}

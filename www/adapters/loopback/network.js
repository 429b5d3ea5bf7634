// Who calls whom: the telephone network of the simulator, or a far end that is played here.

/** The first pause before the network is tried again, and the longest, in ms. */
const RECONNECT = { first: 500, last: 30_000 };

/** The telephone network, over a WebSocket that is opened again whenever it closes. */
export class Network {
  #options;
  #hear;
  #state;
  #problem;
  #socket;
  #tries = 0;
  #timer;
  #closed = false;

  constructor(options, hear, state, problem) {
    this.#options = options;
    this.#hear = hear;
    this.#state = state;
    this.#problem = problem;
  }

  open() {
    const socket = new WebSocket(this.#options.network);
    this.#socket = socket;
    socket.onopen = () => this.send({ type: 'register', line: this.#options.line, takesUp: this.#options.takesUp !== false });
    socket.onmessage = ({ data }) => this.#take(data);
    // `error` is always followed by `close`.
    socket.onclose = () => this.#again();
  }

  /** Whether there is a network to take it. */
  send(message) {
    const isOpen = this.#socket?.readyState === WebSocket.OPEN;
    if (isOpen) this.#socket.send(JSON.stringify(message));
    return isOpen;
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #take(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return this.#problem({ code: 'MALFORMED', message: 'the network sent something that is not JSON' });
    }
    if (message?.type === 'registered') {
      this.#tries = 0;
      this.#state(true);
    } else if (message && typeof message === 'object') {
      this.#hear(message);
    }
  }

  #again() {
    if (this.#closed) return;
    if (this.#tries === 0) this.#state(false);
    const longest = Math.min(RECONNECT.last, RECONNECT.first * 2 ** this.#tries++);
    this.#timer = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }
}

/** The far end, where there is no network: played here. */
export class FarEnd {
  #options;
  #hear;
  #state;
  #call;
  #timer;
  #made = 0;
  #closed = false;
  digits = '';
  ended;

  constructor(options, hear, state) {
    this.#options = options;
    // A softphone that was stopped is no longer called.
    this.#hear = (message) => void (!this.#closed && hear(message));
    this.#state = state;
  }

  open() {
    this.#state(true);
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  call(number, displayName) {
    this.#begins(`far-end-${++this.#made}`);
    this.#hear({ type: 'invite', call: this.#call, from: number, displayName, line: this.#options.line });
    return this.#call;
  }

  answer() {
    clearTimeout(this.#timer);
    this.#hear({ type: 'answer', call: this.#call });
  }

  decline(status = 603) {
    clearTimeout(this.#timer);
    this.#hear({ type: 'decline', call: this.#call, status });
  }

  hangUp() {
    clearTimeout(this.#timer);
    this.#hear({ type: 'bye', call: this.#call });
  }

  send(message) {
    switch (message.type) {
      case 'invite':
        this.#begins(message.call);
        this.#timer = setTimeout(() => {
          this.#hear({ type: 'ringing', call: message.call });
          this.#timer = setTimeout(() => this.answer(), this.#options.answerAfterMs ?? 1200);
        });
        break;
      case 'dtmf':
        this.digits += message.tone;
        break;
      case 'bye':
      case 'decline':
        clearTimeout(this.#timer);
        if (message.call === this.#call) this.ended = { status: message.status };
        break;
    }
    return true;
  }

  #begins(call) {
    this.#call = call;
    this.digits = '';
    this.ended = undefined;
  }
}

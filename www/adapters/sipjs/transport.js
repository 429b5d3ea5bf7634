import { EmitterImpl } from 'sip.js/lib/api/emitter.js';
import { TransportState } from 'sip.js/lib/api/transport-state.js';

/** SIP.js's idea of a transport, onto our socket. */
export class Transport {
  state = TransportState.Disconnected;
  stateChange = new EmitterImpl();
  onConnect;
  onDisconnect;
  onMessage;
  #socket;

  constructor(_logger, { socket }) {
    this.#socket = socket;
    this.protocol = socket.protocol;
    socket.onopen = () => {
      this.#turn(TransportState.Connected);
      this.onConnect?.();
    };
    socket.onclose = () => {
      this.#turn(TransportState.Disconnected);
      this.onDisconnect?.(new Error('the connection is lost'));
    };
    socket.onmessage = (text) => this.onMessage?.(text);
  }

  // Opening, and opening again, is the socket's own doing.
  async connect() {}
  async disconnect() {
    this.#socket.close();
  }
  dispose() {
    return this.disconnect();
  }
  isConnected() {
    return this.#socket.isOpen;
  }
  async send(text) {
    if (!this.#socket.send(text)) throw new Error('there is no connection');
  }
  #turn(state) {
    this.state = state;
    this.stateChange.emit(state);
  }
}

// A page whose softphone runs in a SharedWorker: for a story it looks like one that runs here.

import { serve } from '/media/serve.js';

export class HubPage {
  #worker;
  #asked = new Map();
  #made = 0;
  #seat;
  reports = [];

  /** @param {(event: object) => void} heed hears what the softphone tells, wherever it runs */
  constructor(settings, heed) {
    const { port } = (this.#worker = new SharedWorker('/hub/hub.js', { type: 'module', name: JSON.stringify(settings), extendedLifetime: true }));
    port.onmessage = ({ data: { number, answer, error, event } }) => {
      if (event) return heed(event);
      const { resolve, reject } = this.#asked.get(number);
      this.#asked.delete(number);
      if (error) reject(Object.assign(new Error(error.message), { code: error.code }));
      else resolve(answer);
    };
  }

  ask(name, args = [], transfer = []) {
    const number = ++this.#made;
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject });
      this.#worker.port.postMessage({ number, name, args }, transfer);
    });
  }

  /** From now on calls are spoken here. Resolves when they are. */
  takeSeat() {
    const { port1, port2 } = new MessageChannel();
    this.#seat = serve(port1, {
      report: ({ code, message }) => this.reports.push({ code, message }),
      confirmTransfer: (to) => globalThis.confirms?.(to),
    });
    return this.ask('seat', [port2], [port2]);
  }

  /** The hub is gone: what it left open here is to be closed. */
  stopSeat() {
    this.#seat?.stop();
  }

  /** The softphone's methods, and the connection of a call that is spoken here. */
  get softphone() {
    return new Proxy({}, {
      get: (_, name) => {
        if (name === 'then') return undefined;
        if (name === 'dialogs') return this.ask('softphone', ['dialogs', []]);
        if (name === 'peerConnection') return (callId) => this.#seat?.peerConnection(callId);
        return (...args) => this.ask('softphone', [name, args]);
      },
    });
  }
}

// The page's custom events. Handlers can be added and, as in the portal, hardly ever removed.

export class Bus {
  #handlers = new Map();

  on(event, handler) {
    if (!this.#handlers.has(event)) this.#handlers.set(event, []);
    this.#handlers.get(event).push(handler);
  }

  /** A handler that answers `false` has lost its frame and is dropped. */
  emit(event, payload) {
    const handlers = this.#handlers.get(event) ?? [];
    this.#handlers.set(event, handlers.filter((handler) => handler(payload) !== false));
  }
}

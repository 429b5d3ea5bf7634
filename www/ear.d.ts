/** A page's ear: it has bound the call card's events, or asks until it can. */
export interface Ear {
  /** What was heard and what comes is told to this listener, in place of an earlier one; `bound`: all events are. */
  take(tell: (name: string, payload: unknown) => void, bound: () => void): void;
}

/**
 * Listens for the call card's events from now on, and keeps them until `CallWorker.start` takes over by itself. Call it
 * before anything is fetched: an event that comes before the worker is lost otherwise. Once in a page: the second call
 * gives the same ear. `undefined` outside of a portal's frame.
 */
export function listen(): Ear | undefined;

// One direction of a slow line, as arithmetic: what is put into it comes out later, and no more of it than the line can carry.
//
// All connections share the line and take turns by packets, as they do on a real one: a large file delays a small one
// beside it, and does not stop it.

const PACKET = 1460;

export class Shaper {
  /** By connection, what has not left yet. */
  #queues = new Map();
  /** Left already, on its way: `{ at, key, bytes }` in the order of arrival. */
  #flying = [];
  #freeAt = 0;

  /** @param {{ latencyMs: number, bytesPerS: number }} conditions */
  constructor(conditions) {
    this.conditions = conditions;
  }

  /** Puts bytes of a connection into the line; null is its end. */
  push(key, bytes, now) {
    this.#leave(now);
    if (this.#queues.size === 0) this.#freeAt = Math.max(this.#freeAt, now);
    if (!this.#queues.has(key)) this.#queues.set(key, []);
    this.#queues.get(key).push(bytes);
    this.#leave(now);
  }

  /** What has arrived by now, in its order: `[key, bytes]`. */
  due(now) {
    this.#leave(now);
    const count = this.#flying.findIndex(({ at }) => at > now);
    return this.#flying.splice(0, count < 0 ? this.#flying.length : count).map(({ key, bytes }) => [key, bytes]);
  }

  /** When to look again; Infinity when the line is empty. */
  get next() {
    return Math.min(this.#flying[0]?.at ?? Infinity, this.#queues.size ? this.#freeAt : Infinity);
  }

  /** Bytes of a connection that have not left yet. */
  waiting(key) {
    return (this.#queues.get(key) ?? []).reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0);
  }

  /** The connection is gone, and what it had in the line. */
  drop(key) {
    this.#queues.delete(key);
    this.#flying = this.#flying.filter((it) => it.key !== key);
  }

  #leave(now) {
    const { latencyMs, bytesPerS } = this.conditions;
    while (this.#queues.size && this.#freeAt <= now) {
      const [key, queue] = this.#queues.entries().next().value;
      const bytes = this.#packet(queue);
      this.#freeAt += ((bytes?.length ?? 0) / bytesPerS) * 1000;
      this.#flying.push({ at: this.#freeAt + latencyMs, key, bytes });
      // Its next packet stands behind those of the others.
      this.#queues.delete(key);
      if (queue.length) this.#queues.set(key, queue);
    }
  }

  #packet(queue) {
    const [first] = queue;
    const most = this.conditions.bytesPerS === Infinity ? Infinity : PACKET;
    if (!first || first.length <= most) return queue.shift();
    queue[0] = first.subarray(most);
    return first.subarray(0, most);
  }
}

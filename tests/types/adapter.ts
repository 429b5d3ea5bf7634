// A softphone adapter written against `softphone.d.ts`.

import type { AdapterFactory, EndCause, Softphone, SoftphoneEvent } from 'b24-background-worker/softphone';

class Silent implements Softphone {
  #emit: (event: SoftphoneEvent) => void = () => {};
  start(emit: (event: SoftphoneEvent) => void): void {
    this.#emit = emit;
    emit({ type: 'registered' });
  }
  dial(callId: string, number: string, options: { line?: string }): void {
    const cause: EndCause = { by: 'remote', status: 404, text: `${number} from ${options.line ?? 'any line'}` };
    this.#emit({ type: 'ended', callId, cause });
  }
  async answer(callId: string): Promise<void> {
    this.#emit({ type: 'connected', callId });
  }
  reject(_callId: string, _status: number): void {}
  hangUp(callId: string): void {
    this.#emit({ type: 'ended', callId, cause: { by: 'local' } });
  }
  setMuted(callId: string, muted: boolean): void {
    this.#emit({ type: 'muted', callId, muted });
  }
  setHeld(callId: string, held: boolean): void {
    this.#emit({ type: 'held', callId, held, by: 'local' });
    // @ts-expect-error whose hold it is must be told
    this.#emit({ type: 'held', callId, held });
  }
  sendDtmf(_callId: string, _tone: string): void {}
}

const factory: AdapterFactory<{ server: string }> = ({ server }) => {
  if (!server) throw new Error('server is missing');
  return new Silent();
};
export default factory;

// @ts-expect-error a softphone has more methods than this
export const half: Softphone = { start() {}, dial() {} };
// @ts-expect-error an end has a cause
export const end: SoftphoneEvent = { type: 'ended', callId: 'a' };

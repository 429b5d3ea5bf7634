// A softphone in TypeScript. Its PBX is server/pbx.js: calls come as server-sent events, and what the operator does goes
// there by POST. The sound of a call is sound.ts.

import type { EndCause, Softphone, SoftphoneEvent } from 'b24-background-worker/softphone';

import { Sound } from './sound';

export class WebPhone implements Softphone {
  #emit!: (event: SoftphoneEvent) => void;
  #pbx!: EventSource;
  #sounds = new Map<string, Sound>();

  start(emit: (event: SoftphoneEvent) => void) {
    this.#emit = emit;
    this.#pbx = new EventSource('/pbx');
    this.#pbx.onopen = () => emit({ type: 'registered' });
    this.#pbx.onerror = () => emit({ type: 'unregistered', text: 'the PBX can\'t be reached' });
    this.#pbx.onmessage = ({ data }) => this.#hear(JSON.parse(data));
  }

  async stop() {
    this.#pbx.close();
    await Promise.all([...this.#sounds.keys()].map((callId) => this.#fail(callId, { by: 'local' })));
  }

  dial = (callId: string, number: string) => this.#ask({ do: 'dial', callId, number });
  answer = (callId: string) => this.#ask({ do: 'answer', callId });
  reject = (callId: string, status: number) => this.#ask({ do: 'reject', callId, status });
  hangUp = (callId: string) => this.#ask({ do: 'hangUp', callId });
  sendDtmf = (callId: string, tone: string) => this.#ask({ do: 'tone', callId, tone });
  peerConnection = (callId: string) => this.#sounds.get(callId)?.connection;

  setMuted(callId: string, muted: boolean) {
    this.#sounds.get(callId)?.setMuted(muted);
    this.#emit({ type: 'muted', callId, muted });
  }

  async setHeld(callId: string, held: boolean) {
    await this.#sounds.get(callId)?.setHeld(held);
    this.#emit({ type: 'held', callId, held, by: 'local' });
  }

  #hear(event: SoftphoneEvent) { // incoming, progress, connected, ended
    if (event.type === 'connected') this.#speak(event.callId);
    else if (event.type === 'ended') this.#end(event.callId, event.cause);
    else this.#emit(event);
  }

  async #speak(callId: string) {
    const sound = new Sound();
    this.#sounds.set(callId, sound);
    try {
      await sound.open();
      if (this.#sounds.get(callId)) this.#emit({ type: 'connected', callId }); // it may have ended meanwhile
    } catch (error) {
      const code = (error as Error).name === 'NotAllowedError' ? 'MICROPHONE_DENIED' : 'MICROPHONE_UNREADABLE';
      await this.#fail(callId, { by: 'error', code, text: String(error) });
    }
  }

  #fail(callId: string, cause: EndCause) {
    this.#end(callId, cause);
    return this.hangUp(callId);
  }

  #end(callId: string, cause: EndCause) {
    this.#sounds.get(callId)?.close();
    this.#sounds.delete(callId);
    this.#emit({ type: 'ended', callId, cause }); // what comes of a call that is over is ignored
  }

  async #ask(what: { do: string; callId: string; [more: string]: unknown }) {
    const answer = await fetch('/pbx', { method: 'POST', keepalive: true, body: JSON.stringify(what) });
    if (!answer.ok) throw new Error(`the PBX answered ${answer.status}`);
  }
}

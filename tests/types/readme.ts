import init, { CallWorker } from 'b24-background-worker';
import type { Softphone, SoftphoneEvent } from 'b24-background-worker/softphone';

/** Does what it is asked at once. Yours talks to a PBX here. */
class MyPhone implements Softphone {
  #emit!: (event: SoftphoneEvent) => void;
  start(emit: (event: SoftphoneEvent) => void) {
    this.#emit = emit;
    emit({ type: 'registered' });
  }
  dial(callId: string, number: string) { this.#emit({ type: 'connected', callId }); }
  answer(callId: string) { this.#emit({ type: 'connected', callId }); }
  reject(callId: string, status: number) { this.hangUp(callId); }
  hangUp(callId: string) { this.#emit({ type: 'ended', callId, cause: { by: 'local' } }); }
  setMuted(callId: string, muted: boolean) { this.#emit({ type: 'muted', callId, muted }); }
  setHeld(callId: string, held: boolean) { this.#emit({ type: 'held', callId, held, by: 'local' }); }
  sendDtmf(callId: string, tone: string) {}
}

await init();
const worker = await CallWorker.start({ softphone: () => new MyPhone(), lines: ['+15550100'] });

worker.on('cardinitialized', async ({ card, call }) => {
  await card.setCardTitle(`A call from ${call.phoneNumber}`);
});
worker.on('callrecorded', ({ duration, statusCode }) => console.log(duration, statusCode));
worker.on('error', ({ code, message }) => console.error(code, message));

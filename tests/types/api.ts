// The JavaScript API as a TypeScript user meets it. What must not compile says so.

import init, { CallCard, CallCardError, CallWorker } from 'b24-background-worker';
import type { CallEnd, CallSnapshot, CardEvent, UiState } from 'b24-background-worker';
import { record } from 'b24-background-worker/recording';
import type { Softphone, SoftphoneEvent } from 'b24-background-worker/softphone';
import { statusTexts } from 'b24-background-worker/texts';

declare const softphone: Softphone;

export async function example(): Promise<void> {
  await init({ module_or_path: '/assets/worker_bg.wasm' });
  const worker = await CallWorker.start({ softphone, lines: ['+15550100'], autoDial: false, report: (error) => error.code });

  const off: () => void = worker.on('cardinitialized', async ({ card, call }) => {
    await card.setCardTitle(`Call from ${call.phoneNumber}`);
    await card.setUiState('connected', { disableAutoStartTimer: true });
    const states: string[] = await card.listUiStates();
    states.includes('redial');
    await card.close();
  });
  off();

  worker.on('callended', (end: CallEnd) => end.duration.toFixed());
  worker.on('error', (error: CallCardError) => error.code === 'CARD_CLOSED');
  worker.on('error', ({ cause }: CallCardError) => cause?.code.startsWith('MICROPHONE'));
  await worker.answer().catch((error: unknown) => error instanceof CallCardError && error.code === 'NO_CALL');
  worker.on('cardevent', (event: CardEvent) => {
    if (event.event === 'muteButtonClick') event.data satisfies boolean;
    if (event.event === 'transferButtonClick') event.data.target satisfies string;
    // @ts-expect-error a hang-up carries no data
    if (event.event === 'hangupButtonClick') event.data;
  });
  const call: CallSnapshot | undefined = worker.call;
  call?.state satisfies string | undefined;
  const name: string = await worker.dial('+15550199');
  console.log(name);
  await worker.dial('+15550199', '+15550100');
  await worker.dial('+15550199', { line: '+15550100', headers: { 'X-Campaign': '7' }, crmEntity: { entityType: 'LEAD', entityId: 21 } });
  worker.call?.headers['X-Queue'] satisfies string | undefined;
  await worker.sendDtmf('5');
  await worker.transfer('101');
  await worker.completeTransfer();
  await worker.cancelTransfer();
  worker.call?.transfer satisfies 'holding' | 'calling' | 'talking' | 'joining' | 'failed' | undefined;
  worker.on('quality', ({ mos, problem }) => mos.toFixed(1) + (problem satisfies string | undefined));
  await record(worker, softphone, { sampleRate: 16_000, report: ({ code }) => code });
  await CallWorker.start({ softphone, transfer: 'blind', secondCall: 'wait', statusTexts: { onHold: 'Gehalten' } });
  await CallWorker.start({ softphone: () => softphone, records: 'backend', statusTexts: { soundElsewhere: 'Anderswo' } });
  await CallWorker.start({ softphone: async () => softphone, hub: { script: '/hub.js', hello: { wasm: '/hub_bg.wasm', version: 2 } } });
  const { port1: port } = new MessageChannel();
  await CallWorker.start({ softphone, media: () => ({ port, phone: { module: '/phone.js', options: {} }, stop: () => port.close() }) });
  await CallWorker.start({ softphone, statusTexts: { ...statusTexts(document.documentElement.lang), connected: 'Da' } });
  worker.page.options.URI?.startsWith('/crm/deal/') satisfies boolean | undefined;
  worker.page.language satisfies string;
  worker.hasSeat satisfies boolean;
  worker.renewSoftphone();
  worker.setLines(['+15550101']);
  worker.on('error', (error: CallCardError) => error.code === 'HUB');
  // @ts-expect-error there is no such keeper of records
  await CallWorker.start({ softphone, records: 'portal' });
  // @ts-expect-error a hub has its wasm
  await CallWorker.start({ softphone, hub: { script: '/hub.js' } });
  // @ts-expect-error there is no such text
  await CallWorker.start({ softphone, statusTexts: { holding: 'Gehalten' } });

  // @ts-expect-error there is no such event
  worker.on('ringing', () => {});
  // @ts-expect-error there is no such state
  const state: UiState = 'ringing';
  state;
  // @ts-expect-error a card comes from `cardinitialized` and from nowhere else
  new CallCard();
  // @ts-expect-error a worker is started, not made
  new CallWorker();
  const withoutPhone = await CallWorker.start({ report: ({ code }) => code });
  if (await withoutPhone.once('greet deal 7')) withoutPhone.on('signal', ({ command }) => command);
}

// The SIP softphones, as a user's compiler sees them.

import jssip, { inHub } from 'b24-background-worker/adapters/jssip.js';
import sipjs, { type SipOptions } from 'b24-background-worker/adapters/sipjs.js';
import { serve } from 'b24-background-worker/media';
import type { AdapterFactory, CallSnapshot, HubFactory, Softphone } from 'b24-background-worker/softphone';

const options: SipOptions = { server: ['wss://a.example.com', 'wss://b.example.com'], uri: 'sip:101@example.com', password: '…' };

export async function start(): Promise<Softphone[]> {
  const one = await jssip(options, { report: ({ code }) => console.error(code) });
  await one.useMicrophone('default');
  // The password need not be in the page.
  const other = await sipjs({ server: 'wss://a.example.com', credentials: async () => ({ uri: 'sip:101@example.com', password: '…' }) });
  await other.transfer('call', '102');
  return [one, other];
}

export const factories: AdapterFactory<SipOptions>[] = [jssip, sipjs];
export const hubFactories: HubFactory<SipOptions>[] = [inHub];

export async function inWorker(port: MessagePort): Promise<CallSnapshot | undefined> {
  const phone = await inHub(options, { report() {} });
  await phone.seat(port);
  const kept = phone.snapshot('call');
  await phone.takeUp(kept ? [kept] : []);
  await phone.peerConnection('call')?.getStats();
  await phone.seat(null);
  return kept;
}

export function inPage(port: MessagePort): RTCPeerConnection | undefined {
  const seat = serve(port, { report: ({ code }) => console.error(code) });
  seat.stop();
  return seat.peerConnection('call');
}

// @ts-expect-error neither an address nor somebody who supplies one
void jssip({ server: 'wss://a.example.com', password: '…' });
// @ts-expect-error there is no such policy
void jssip({ ...options, secondCall: 'queue' });

import type { AdapterPage } from '../softphone.js';
import type { GivenSipOptions, SipHubSoftphone, SipOptions, SipSoftphone } from './sip-options.js';

export type { SipHubSoftphone, SipOptions, SipSoftphone };

/** A softphone by JsSIP, whole in one page. */
export default function jssip(options: GivenSipOptions, page?: AdapterPage): Promise<SipSoftphone>;

/** Its signalling alone, for a SharedWorker; see `HubSoftphone`. */
export function inHub(options: GivenSipOptions, page?: AdapterPage): Promise<SipHubSoftphone>;

import type { AdapterPage } from '../../softphone.js';
import type { SipHubSoftphone } from '../sip-options.js';
import type { Line, LineEvents } from './line.js';
import type { ReadSipOptions } from './options.js';

export type { Dialog, Leg, Line, LineEvents, Offer } from './line.js';

/** What a SIP library must bring, constructed with the options, a socket to the server, and what it tells the phone. */
export type LineClass = new (options: ReadSipOptions, socket: any, on: LineEvents) => Line;

/** A softphone's signalling, on top of any SIP library. Its calls are spoken where the seat is. */
export interface Phone extends SipHubSoftphone {}
export class Phone {
  constructor(options: ReadSipOptions, page: AdapterPage | undefined, Line: LineClass);
}

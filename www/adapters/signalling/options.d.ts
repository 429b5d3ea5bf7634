import type { GivenSipOptions, SipOptions } from '../sip-options.js';

/** The options with their defaults, and what follows from them. */
export type ReadSipOptions = SipOptions & { servers: string[]; uri: string; domain: string; user: string; password: string };

/** Rejects with the code `OPTIONS` and what to write instead. `adapter` is its name, for the message. */
export function readOptions(adapter: string, given: GivenSipOptions): Promise<ReadSipOptions>;

import type { Softphone } from '../softphone.js';

/**
 * The other end of the calls, as the contract suite drives it. What is missing is not judged: the stories that need it
 * are counted as skipped.
 */
export interface FarEnd {
  /** The number it calls from, and is called at; `+15550199` where it calls from whatever number it is told. */
  number?: string;
  /** Calls the softphone, from this number where it can. */
  call(number: string): void | Promise<void>;
  /** Answers the call that rings here, or is about to; it never answers by itself. */
  answer(): void | Promise<void>;
  /** Ends the newest call, in whatever state it is. */
  hangUp(): void | Promise<void>;
  /** Refuses the call that rings here, with this SIP status: 486, 603 and 480 are asked for. */
  decline?(status: number): void | Promise<void>;
  /** The DTMF tones it has received in the newest call. */
  digits?(): string | Promise<string>;
  /** How the newest call has ended, with the status of one that was refused; undefined while it has not. */
  ended?(): { status?: number } | undefined | Promise<{ status?: number } | undefined>;
  /** Puts the newest call on hold, or takes it back. */
  hold?(held: boolean): void | Promise<void>;
  /** After each story. */
  close?(): void | Promise<void>;
}

/** The default export of a far end's module. It is made anew for each story, in a frame of its own beside the softphone's. */
export type FarEndFactory<Options = unknown> = (softphone: Softphone, options: Options) => FarEnd | Promise<FarEnd>;

/** The far end of a softphone that plays it itself, as loopback does. */
declare const farEnd: FarEndFactory;
export default farEnd;

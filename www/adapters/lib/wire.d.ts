/** What a wire needs of a MessagePort. */
export type Port = Pick<MessagePort, 'postMessage' | 'close'> & { onmessage: unknown };

/** Questions, answers and messages between the two ends of a port. Every question has a deadline. */
export class Wire {
  /** `hear`: what the other end may ask or tell, by name. */
  constructor(port: Port, hear: Record<string, (...args: any[]) => unknown>);
  /** Nothing is heard any more. */
  readonly deaf: boolean;
  /** Rejects with what the other end threw, or with the code `SEAT_LOST` when it does not answer within 15 s. */
  ask(name: string, args?: unknown[], deadlineMs?: number): Promise<any>;
  tell(name: string, ...args: unknown[]): void;
  /** Nothing is heard any more, and what was asked is not answered. The other end still hears what it is told. */
  deafen(): void;
  /** What was told before still arrives. */
  close(): void;
}

/** A port whose two ends are in one page. */
export function pair(): [Port, Port];

/** An error the worker has words for: `code` in capitals, see `EndCode` in softphone.d.ts. */
export function problem<Rest extends object = {}>(code: string, message: string, rest?: Rest): Error & { code: string } & Rest;

/** Both sides change the call at once: the change is refused, and tried again (RFC 3261 14.1). */
export function glare(): Error & { code: string; status: number };

/** A word for any error: the number that a DOMException has for a code says nothing to anybody. */
export function stableCode(error: { code?: unknown; name?: string }): string;

/** The text without whole numbers and addresses of people, which do not belong into diagnostics. */
export function discreet(text: unknown): string;

/** Waits so many ms, or until the signal says that it is no longer needed. */
export function pause(ms: number, signal?: AbortSignal): Promise<void>;

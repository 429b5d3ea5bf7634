/**
 * Waits for the page's `load`, so that the portal's load clock does not wait for it, and puts BX24.js into the page. It is
 * tried for as long as its server can't be reached. Rejects with the code `NOT_IN_FRAME` where no portal has opened the page.
 *
 * @param url the portal's BX24.js; the public one by default
 * @param report hears of a server that can't be reached
 */
export function loadBx24(url?: string, report?: (code: string, message: string) => void): Promise<void>;

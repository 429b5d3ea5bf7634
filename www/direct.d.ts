/**
 * Puts `BX24` into the page, with the functions that a call worker needs, in place of loading BX24.js: `init`, `getAuth`,
 * `refreshAuth`, `getLang`, `getDomain`, `callMethod`, `callBatch`, `openApplication`, `openPath`, `closeApplication` and
 * `placement`. Call it before `CallWorker.start`. Does nothing where there is a `BX24`.
 *
 * @throws {Error} with the code `NOT_IN_FRAME` outside of a portal's frame
 */
export function direct(): void;

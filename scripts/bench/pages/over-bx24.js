// What users of BX24.js write: asks until the page has an interface, and binds each event it has.

/** @param {(name: string, data: unknown) => void} [told] */
export function listen(told = () => {}) {
  globalThis.heard = [];
  BX24.init(() => {
    const ask = () => BX24.placement.getInterface((its) => {
      if (!its?.event?.length) return setTimeout(ask, 100);
      for (const name of EVENTS) {
        BX24.placement.bindEvent(name, (data) => {
          globalThis.heard.push([name, data]);
          told(name, data);
        });
      }
    });
    ask();
  });
}

// BX24.js fetched once the portal's load clock has stopped, as a careful page does.

/** @param {() => void} then */
export function bx24AfterLoad(then) {
  addEventListener('load', () => {
    const script = document.createElement('script');
    script.src = globalThis.page.bx24;
    script.onload = then;
    document.head.append(script);
  });
}

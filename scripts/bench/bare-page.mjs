// A tab for a page of the simulated portal, without the dock at its foot: that draws each message, which takes ten times what
// is to be measured.

import { WINDOW } from '../../tests/support/browser.mjs';

/** A context of its own: nothing is kept from before. */
export const newContext = (browser) => browser.newContext({ ...WINDOW, viewport: { width: 800, height: 600 } });

export async function barePage(context) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    if (globalThis !== globalThis.top || !location.protocol.startsWith('http')) return;
    sessionStorage.setItem('dockOpen', 'no');
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('#dock { display: none }');
    document.adoptedStyleSheets.push(sheet);
  });
  return page;
}

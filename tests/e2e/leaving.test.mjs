// Who can ask before the operator leaves the page: measured, for a worker would like to ask only while a call has
// nowhere else to go. A browser lets a frame ask only if somebody has clicked in it, and nobody clicks in a hidden one.

import assert from 'node:assert/strict';
import { story } from '../support/story.mjs';

/** Where the page wants to ask, it does. */
const ask = () => addEventListener('beforeunload', (event) => event.preventDefault());

/** The operator follows a link, and goes whatever is asked; gives what was asked. */
async function leave(portal, path) {
  const asked = [];
  const answer = (dialog) => {
    asked.push(dialog.type());
    dialog.accept().catch(() => {});
  };
  portal.page.on('dialog', answer);
  await portal.page.locator('body').click({ position: { x: 5, y: 5 } });
  await portal.visit(path);
  portal.page.off('dialog', answer);
  return asked;
}

story('a hidden frame is not heard when the page is left, the portal\'s own page is', {}, async (portal) => {
  await portal.ask(ask);
  assert.deepEqual(await leave(portal, '/crm/deal/details/7/'), []);
  await portal.ready();
  await portal.page.evaluate(ask);
  assert.deepEqual(await leave(portal, '/'), ['beforeunload'], 'the same click lets the page itself ask');
  await portal.ready();
});

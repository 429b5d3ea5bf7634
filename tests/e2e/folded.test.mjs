// A card that the operator folds before its CRM part has come: the page never draws its buttons again.

import { CUSTOMER } from '../support/portal.mjs';
import { story } from '../support/story.mjs';
import { until } from '../support/until.mjs';

const NEVER = 3_600_000;

story('folded before the CRM part came, the card is raised anew, and the operator can use it', { faults: { crmCardDelayMs: NEVER } }, async (portal) => {
  await portal.clickNumber(CUSTOMER.number);
  await portal.network('ringing');
  await portal.customer('answer');
  await portal.card('connected');
  await portal.press('fold');
  await portal.api('PUT', '/sim/faults', { crmCardDelayMs: 0 });
  // What was held back comes with the next clock: the page takes it as an answer that was slow.
  await until(async () => (await portal.api('GET', `/sim/pages/${portal.id}`)).card?.buttons.includes('mute'), { what: 'a card with all its buttons' });
  await portal.press('mute');
  await portal.customerSees({ muted: true });
  await portal.press('hangup');
  await portal.recorded();
});

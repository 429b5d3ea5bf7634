// A worker in plain JavaScript: it registers an incoming call, shows it on the card, answers by a click, and finishes it. No more:
// no second call, no retry, no other tab.

import { bx24AfterLoad } from './after-load.js';
import { listen } from './over-bx24.js';
import makePhone from './quiet_phone.js';

let call;
const command = (name, params) => new Promise((resolve) => BX24.placement.call(name, params, resolve));

/** By fetch: BX24.callMethod sends by a timer, and those of a hidden frame tick once a second. */
async function rest(method, params) {
  const { access_token: auth } = BX24.getAuth();
  const answer = await fetch(`${BX24.getDomain(true)}/rest/${method}.json`, { method: 'POST', body: new URLSearchParams({ ...params, auth }) });
  return (await answer.json()).result;
}

const phone = makePhone(globalThis.page);
const user = new Promise((resolve) => {
  bx24AfterLoad(() => {
    listen(clicked);
    BX24.init(() => resolve(rest('profile', {})));
  });
});
phone.start(heard);

async function heard({ type, callId, number, line }) {
  if (type === 'incoming') {
    call = { callId, id: undefined, answeredAt: undefined };
    const { CALL_ID } = await rest('telephony.externalCall.register', {
      USER_ID: (await user).ID, PHONE_NUMBER: number, TYPE: 2, LINE_NUMBER: line, EXTERNAL_CALL_ID: callId, SHOW: 1, CRM_CREATE: 0,
    });
    call.id = CALL_ID;
  } else if (type === 'connected') {
    call.answeredAt = Date.now();
    await command('CallCardSetUiState', { uiState: 'connected' });
    await command('CallCardStartTimer', {});
  } else if (type === 'ended') {
    const { id, answeredAt } = call;
    // The portal takes the card away with it.
    await rest('telephony.externalCall.finish', {
      CALL_ID: id, USER_ID: (await user).ID, DURATION: answeredAt ? Math.round((Date.now() - answeredAt) / 1000) : 0, STATUS_CODE: answeredAt ? 200 : 304,
    });
  }
}

function clicked(name) {
  if (name === 'BackgroundCallCard::initialized') command('CallCardSetUiState', { uiState: 'incoming' });
  if (name === 'BackgroundCallCard::answerButtonClick') phone.answer(call.callId);
  if (name === 'BackgroundCallCard::hangupButtonClick') phone.hangUp(call.callId);
}

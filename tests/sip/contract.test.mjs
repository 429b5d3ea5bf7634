// The SIP softphones keep the contract too, with a real SIP server between the two ends.

import { after } from 'node:test';

import { contract } from '../contract/suite.mjs';
import { openBench } from '../support/sip-bench.mjs';
import { until } from '../support/until.mjs';

const CUSTOMER = '+15550199';
const bench = await openBench();
after(() => bench.close());

for (const adapter of process.env.B24_ADAPTERS?.split(',') ?? ['jssip', 'sipjs']) {
  contract(adapter, async () => {
    const operator = await bench.phone(adapter, bench.newUser('operator'));
    const customer = await bench.phone(adapter, CUSTOMER, { decline: 603 }, { ear: true });
    let theirs; // the customer's id of the newest call
    return {
      ask: (...args) => operator.ask(...args),
      events: () => operator.events(),
      farEnd: {
        async call() {
          theirs = await customer.dials(operator);
        },
        async answer() {
          theirs = (await customer.rings()).callId;
          await customer.ask('answer', theirs);
        },
        async decline(status) {
          await customer.ask('reject', (await customer.rings()).callId, status);
        },
        hangUp: () => customer.ask('hangUp', theirs),
        digits: () => customer.digits(),
      },
      audio: (callId) => operator.audio(callId),
      live: () => operator.live(),
      async close() {
        try {
          await Promise.all([customer.ask('stop'), operator.ask('stop')]);
          await until(async () => !(CUSTOMER in (await bench.server.registrations())), { what: 'the customer to be signed off' });
        } finally {
          await Promise.all([customer.close(), operator.close()]);
        }
      },
    };
  });
}

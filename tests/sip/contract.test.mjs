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
    let stopped = false;
    return {
      ask(method, ...args) {
        stopped ||= method === 'stop';
        return operator.ask(method, ...args);
      },
      has: (method) => operator.page.evaluate((method) => typeof softphone[method] === 'function', method),
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
        async ended() {
          const events = await customer.events();
          const call = theirs ?? events.findLast(({ type }) => type === 'incoming')?.callId;
          return events.find(({ type, callId }) => type === 'ended' && callId === call)?.cause;
        },
        hold: (held) => customer.ask('setHeld', theirs, held),
      },
      audio: (callId) => operator.audio(callId),
      live: () => operator.live(),
      microphones: () => operator.page.evaluate(() => microphones.open),
      trouble: () => operator.trouble,
      async close() {
        try {
          await Promise.all([customer.ask('stop'), stopped || operator.ask('stop')]);
          await until(async () => !(CUSTOMER in (await bench.server.registrations())), { what: 'the customer to be signed off' });
        } finally {
          await Promise.all([customer.close(), operator.close()]);
        }
      },
    };
  });
}

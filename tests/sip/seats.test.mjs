// How a call that is up is brought to the page that has the seat, where a story can't choose the moment: the SIP
// library and the pages are played here.

import assert from 'node:assert/strict';

import { Wire, pair } from '../../www/adapters/lib/wire.js';
import { Call } from '../../www/adapters/signalling/call.js';
import { Seats } from '../../www/adapters/signalling/seats.js';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** A page: the port for signalling, what it was asked, and how many media are open there. */
function page() {
  const [port, other] = pair();
  const asked = [];
  const open = new Set();
  const wire = new Wire(other, {
    open: (id, settings) => void (open.add(id), asked.push(['open', settings])),
    describe: (id, type) => (asked.push(['describe', type]), `sdp ${id}`),
    held: (id, held) => void asked.push(['held', held]),
    close: (id) => void open.delete(id),
    leave: () => open.clear(),
  });
  return { port, asked, open, wire };
}

/** A leg of a SIP library's. `answers` says what becomes of it: true, false, or a promise of one of them. */
class Leg {
  on = {};
  gone = false;
  reoffered = 0;

  constructor(name, media, supported = ['replaces'], answers = true) {
    Object.assign(this, { name, media, incoming: false, number: 'customer' });
    this.dialog = {
      dialog: { callId: name, localTag: 'here', remoteTag: 'there', sequence: 1 },
      remote: 'sip:customer@pbx', target: 'sip:contact@192.0.2.1', route: ['<sip:proxy;lr>'], local: 'sip:operator@pbx', supported,
    };
    void this.#begin(answers);
  }
  async #begin(answers) {
    if (!this.media) return;
    await this.media.describe('offer');
    if (await answers) this.on.answered();
    else this.on.ended({ by: 'remote', status: 481 });
  }
  use(media) {
    this.media = media;
  }
  async reinvite() {
    this.reoffered++;
    await this.media.describe('offer');
  }
}

/** A call that is up, in a phone that is played here. `invited` decides of each INVITE, and is told of it. */
async function scene({ supported, invited = () => true } = {}) {
  const phone = { online: true, told: [], left: [], invites: [] };
  const seats = new Seats({}, {
    calls: () => [call],
    emit: (event) => phone.told.push(event),
    online: () => phone.online,
    problem: (error) => phone.told.push(error),
    leave: (leg) => phone.left.push(leg.name),
    end: (one, cause) => finish(cause),
    fail: (one, error) => finish(error),
    invite: (uri, media, headers) => {
      phone.invites.push({ uri, headers });
      return new Leg(`leg ${phone.invites.length + 1}`, media, supported, invited(uri, phone.invites.length));
    },
    goOn: (one, leg, media) => {
      const { leg: before } = one;
      one.join(leg, media);
      one.connected();
      phone.left.push(before.name);
    },
  });
  const finish = (cause) => {
    if (call.over) return;
    call.close();
    phone.told.push({ type: 'ended', cause });
    seats.changed();
  };
  const call = new Call('call', { sessionTimers: false }, { failed: finish });
  const first = page();
  await seats.take(first.port);
  const media = await seats.open(call);
  call.join(new Leg('leg 1', undefined, supported), media);
  call.leg.use(media);
  await media.describe('offer');
  call.up = true;
  return { phone, seats, call, first };
}

test('the seat moves: one INVITE with Replaces to the customer, the other leg takes over, nothing is left in the page before', async () => {
  const { phone, seats, call, first } = await scene();
  const second = page();
  await seats.take(second.port);
  assert.deepEqual(phone.invites, [{ uri: 'sip:customer@pbx', headers: ['Replaces: leg 1;to-tag=there;from-tag=here', 'Require: replaces'] }]);
  assert.equal(call.leg.name, 'leg 2');
  assert.deepEqual(phone.left, ['leg 1']);
  await until(() => first.open.size === 0, { what: 'the page before to be left' });
  assert.equal(second.open.size, 1);
});

test('where the customer\'s number leads elsewhere, her Contact by the dialog\'s route is asked, then our own number', async () => {
  const { phone, seats, call } = await scene({ invited: (uri) => uri === 'sip:operator@pbx' });
  await seats.take(page().port);
  assert.deepEqual(phone.invites.map(({ uri }) => uri), ['sip:customer@pbx', 'sip:contact@192.0.2.1', 'sip:operator@pbx']);
  assert.ok(phone.invites[1].headers.includes('Route: <sip:proxy;lr>'));
  assert.equal(call.leg.name, 'leg 4');
});

test('a far end that knows no Replaces, or follows it nowhere, is sent a re-INVITE', async () => {
  for (const [supported, invites] of [[['timer'], 0], [['replaces'], 3]]) {
    const { phone, seats, call, first } = await scene({ supported, invited: () => false });
    const second = page();
    await seats.take(second.port);
    assert.deepEqual([phone.invites.length, call.leg.name, call.leg.reoffered, call.media.standsIn], [invites, 'leg 1', 1, false]);
    await until(() => first.open.size === 0 && second.open.size === 1, { what: 'the page before to be left' });
  }
});

test('the page that the call moves to is gone before it is answered: the call arrives in the next', async () => {
  let answer;
  const { phone, seats, call } = await scene({ invited: (_, count) => (count === 1 ? new Promise((resolve) => (answer = resolve)) : true) });
  const [second, third] = [page(), page()];
  const moves = [seats.take(second.port)];
  await until(() => answer, { what: 'the INVITE' });
  moves.push(seats.take(third.port));
  answer(true);
  await Promise.all(moves);
  assert.deepEqual([phone.invites.length, call.leg.name, call.media.standsIn], [2, 'leg 3', false]);
  assert.equal(phone.invites[1].headers[0], 'Replaces: leg 2;to-tag=there;from-tag=here', 'what is there now is replaced');
  await until(() => second.open.size === 0 && third.open.size === 1, { what: 'one page to speak in' });
});

test('a page that never opens its microphone keeps nothing: the next one gets the call', async () => {
  const { seats, call } = await scene();
  const [mute, third] = [pair()[0], page()];
  const moves = [seats.take(mute), seats.take(third.port)];
  await Promise.all(moves);
  assert.equal(call.media.standsIn, false);
  assert.equal(third.open.size, 1);
});

test('without a connection the call waits for one, and moves then', async () => {
  const { phone, seats, call } = await scene();
  phone.online = false;
  const moved = seats.take(page().port);
  await new Promise(setImmediate);
  assert.equal(phone.invites.length, 0);
  phone.online = true;
  seats.changed();
  await moved;
  assert.equal(call.leg.name, 'leg 2');
});

test('the connection breaks while the call moves: no failure, it moves when there is one again', async () => {
  let phone;
  const all = await scene({ supported: ['replaces'], invited: (_, count) => {
    if (count === 1) phone.online = false;
    return count > 3;
  } });
  ({ phone } = all);
  const moved = all.seats.take(page().port);
  await until(() => phone.invites.length >= 1 && !all.call.next, { what: 'the first try' });
  await new Promise(setImmediate);
  assert.deepEqual(phone.told, []);
  assert.equal(all.call.leg.reoffered, 0, 'no re-INVITE for want of a connection');
  phone.online = true;
  all.seats.changed();
  await moved;
  assert.equal(all.call.leg.name.startsWith('leg'), true);
  assert.equal(all.call.media.standsIn, false);
});

test('a held call is offered sound for a start, and held again', async () => {
  const { seats, call } = await scene();
  await call.hold(true);
  const second = page();
  await seats.take(second.port);
  assert.deepEqual(second.asked.map(([name, what]) => [name, name === 'open' ? what.held : what]), [['open', true], ['describe', 'offer'], ['held', true], ['describe', 'offer']]);
  assert.equal(call.media.held, true);
});

test('the customer hangs up while the call moves: it has ended, with that cause, and no page keeps it', async () => {
  const { phone, seats, call } = await scene({ invited: () => {
    call.left = { by: 'remote' };
    return false;
  } });
  const second = page();
  await seats.take(second.port);
  assert.deepEqual(phone.told, [{ type: 'ended', cause: { by: 'remote' } }]);
  assert.equal(phone.invites.length, 1);
  await until(() => second.open.size === 0, { what: 'the page to be left' });
});

test('a call whose transfer is under way moves when that has failed', async () => {
  const { phone, seats, call } = await scene();
  call.transferring = true;
  await seats.take(page().port);
  assert.equal(phone.invites.length, 0, 'the answer to the REFER would be lost with the dialog');
  call.transferring = false;
  await seats.settle(call);
  assert.equal(call.leg.name, 'leg 2');
});

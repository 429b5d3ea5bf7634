// A mistake in the options is told with its cure, and nothing secret is told at all.

import assert from 'node:assert/strict';

import { readOptions } from '../../www/adapters/signalling/options.js';
import { discreet } from '../../www/adapters/lib/problem.js';
import { test } from '../support/test.mjs';

const GOOD = { server: 'wss://pbx.example.com/ws', uri: 'sip:101@pbx.example.com', password: 'hunter2' };

for (const [name, change, says] of [
  ['no server', { server: undefined }, /server is missing.*wss:\/\//],
  ['a server that is no URL', { server: 'pbx' }, /server is not a URL/],
  ['a server by UDP', { server: 'sip:pbx.example.com' }, /must begin with wss:/],
  ['no address', { uri: undefined }, /uri must be the SIP address/],
  ['an address without a user', { uri: 'sip:pbx.example.com' }, /uri must be the SIP address/],
  ['no password', { password: undefined }, /password is missing.*credentials/],
  ['a misspelt option', { pasword: 'x' }, /no option "pasword"; there are .*password/],
  ['ICE servers as a string', { iceServers: 'stun:x' }, /iceServers must be an array/],
  ['an ICE server without an address', { iceServers: [{}] }, /each one needs urls/],
  ['an ICE server by http', { iceServers: [{ urls: 'https://turn.example.com' }] }, /must be like stun:/],
  ['an ICE server with slashes', { iceServers: [{ urls: 'turn://turn.example.com' }] }, /without \/\//],
  ['TURN without a user', { iceServers: [{ urls: 'turn:turn.example.com' }] }, /wants username and credential/],
  ['TURN without a password', { iceServers: [{ urls: ['stun:a.example.com', 'turns:b.example.com:443?transport=tcp'], username: 'u' }] }, /wants username and credential/],
  ['relay only, and nothing to relay by', { iceServers: [{ urls: 'stun:stun.example.com' }], relayOnly: true }, /relayOnly needs a TURN server/],
  ['session timers below the minimum', { sessionTimers: 20 }, /90 seconds or more/],
  ['a policy there is not', { secondCall: 'queue' }, /secondCall must be/],
  ['extensions as a list', { extensions: [101] }, /extensions must map user ids/],
  ['a policy for transfers there is not', { followTransfers: 'sometimes' }, /followTransfers must be/],
  ['a ringtone that is none', { ringtone: 1 }, /ringtone must be/],
  ['a decline that is none', { decline: 404 }, /decline must be/],
  ['a header that is SIP\'s own', { extraHeaders: { Via: 'x' } }, /extraHeaders: .*Via/],
  ['headers that are none', { headers: ['X Queue'] }, /headers must be an array/],
  ['a name of the call that is no header', { externalId: 7 }, /externalId must be the name/],
  ['a rule for numbers that is no function', { numbering: '0' }, /numbering must be a function/],
  ['tones there are not', { dtmf: 'inband' }, /dtmf must be/],
  ['a registration for a moment', { registerExpires: 1 }, /30 seconds or more/],
  ['credentials of no kind', { credentials: 7 }, /a function or a URL/],
]) {
  test(`options: ${name} is an error that says what to write instead`, async () => {
    const error = await readOptions('jssip', { ...GOOD, ...change }).then(assert.fail, (error) => error);
    assert.equal(error.code, 'OPTIONS');
    assert.match(error.message, says);
    assert.ok(!error.message.includes('hunter2'));
  });
}

test('options: a function may decide about transfers', async () => {
  const followTransfers = () => true;
  assert.equal((await readOptions('jssip', { ...GOOD, followTransfers })).followTransfers, followTransfers);
});

test('options: a function supplies the password and the address', async () => {
  const { uri, password, domain, user } = await readOptions('sipjs', { server: GOOD.server, credentials: async () => ({ uri: GOOD.uri, password: 'p' }) });
  assert.deepEqual([uri, password, domain, user], [GOOD.uri, 'p', 'pbx.example.com', '101']);
});

test('diagnostics carry neither whole numbers nor the users of addresses', () => {
  const said = discreet('sip:+15550199@pbx.example.com refused 15550142');
  assert.ok(!said.includes('1555019') && !said.includes('1555014'), said);
});

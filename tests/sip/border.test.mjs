// What stands between a SIP library and its socket: whatever real servers send, both libraries' own parsers
// can read it, and the server gets back what it said.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

import { Parser as SipJsParser } from 'sip.js/lib/core/messages/parser.js';

import { identity } from '../../www/adapters/signalling/address.js';
import { Heard } from '../../www/adapters/signalling/heard.js';
import { Message } from '../../www/adapters/signalling/message.js';
import { explained, reasons } from '../../www/adapters/signalling/reasons.js';
import { Border } from '../../www/adapters/signalling/border.js';
import { test } from '../support/test.mjs';

const require = createRequire(import.meta.url);
const JsSipParser = require('jssip/lib/Parser.js');
const quiet = new Proxy({}, { get: () => () => {} });

const parsers = {
  jssip: (text) => JsSipParser.parseMessage(text, {}),
  sipjs: (text) => SipJsParser.parseMessage(text, quiet),
};

/** The border between a library and a server that the test plays. */
function border() {
  const socket = { isOpen: true, sent: [], send: (text) => socket.sent.push(text) };
  const got = [];
  const problems = [];
  const heard = [];
  const it = new Border(socket, { uri: 'sip:101@pbx.test', password: 'secret' }, { heard: (message) => heard.push(message), sent() {}, problem: ({ code }) => problems.push(code) });
  it.onmessage = (text) => got.push(text);
  return { it, socket, got, heard, problems };
}

const lines = (...all) => `${all.flat().join('\r\n')}\r\n\r\n`;

const invite = ({ from = '<sip:+15550199@pbx.test>', to = '<sip:101@pbx.test>', uri = 'sip:101@pbx.test', contact = '<sip:+15550199@10.0.0.1:5060>', via = '10.0.0.1:5060', more = [], body = '' } = {}) =>
  lines(
    `INVITE ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${via};branch=z9hG4bKabc`,
    `From: ${from};tag=1`,
    `To: ${to}`,
    'Call-ID: c1',
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    `Contact: ${contact}`,
    ...more,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ) + body;

const ringing = (request) => {
  const message = Message.read(request);
  return lines('SIP/2.0 180 Ringing', `Via: ${message.get('via')}`, `From: ${message.get('from')}`, `To: ${message.get('to')};tag=2`, 'Call-ID: c1', 'CSeq: 1 INVITE', 'Content-Length: 0');
};

for (const [what, change, number, displayName] of [
  ['an ordinary caller', { from: '"Ann" <sip:+15550199@pbx.test>' }, '+15550199', 'Ann'],
  ['a host that is a container\'s name', { from: '<sip:+15550199@1af019b2ba08>', contact: '<sip:asterisk@1af019b2ba08:5060>', via: '1af019b2ba08:5060' }, '+15550199'],
  ['a host with an underscore', { from: '<sip:+15550199@my_pbx.test>' }, '+15550199'],
  ['a user with #', { from: '<sip:12#34@pbx.test>' }, '12#34'],
  ['a user with a space', { from: '<sip:Front Desk@pbx.test>' }, 'Front Desk'],
  ['a tel: URI', { from: '<tel:+1-555-0199>' }, '+15550199'],
  ['a tel: URI with a context', { from: '<tel:5550199;phone-context=+1>' }, '5550199'],
  ['a tel: URI without brackets', { from: 'tel:+15550199' }, '+15550199'],
  ['a tel: URI in To', { to: '<tel:+15550100>' }, '+15550199'],
  ['a sips: URI', { from: '<sips:+15550199@pbx.test>' }, '+15550199'],
  ['parameters in the user part', { from: '<sip:+15550199;npdi;rn=+15550000@pbx.test;user=phone>' }, '+15550199'],
  ['a password in the user part', { from: '<sip:+15550199:x@pbx.test>' }, '+15550199'],
  ['an escaped user', { from: '<sip:%2B15550199@pbx.test>' }, '+15550199'],
  ['a number with separators', { from: '<sip:+1-555-01.99@pbx.test>' }, '+15550199'],
  ['a name in unquoted UTF-8', { from: 'Анна Иванова <sip:102@pbx.test>' }, '102', 'Анна Иванова'],
  ['a name in quoted UTF-8', { from: '"Анна" <sip:102@pbx.test>' }, '102', 'Анна'],
  ['a name with quotes in it', { from: '"Ann \\"the\\" Other" <sip:102@pbx.test>' }, '102', 'Ann "the" Other'],
  ['a name with a comma and a bracket', { from: '"Other, <Ann>" <sip:102@pbx.test>' }, '102', 'Other, <Ann>'],
  ['an unquoted name with a comma', { from: 'Other, Ann <sip:102@pbx.test>' }, '102', 'Other, Ann'],
  ['a withheld number', { from: '"Anonymous" <sip:anonymous@anonymous.invalid>' }, ''],
  ['no user part', { from: '<sip:pbx.test>' }, ''],
  ['a user that says so', { from: '<sip:Restricted@pbx.test>' }, ''],
  ['Privacy: id', { from: '<sip:+15550199@pbx.test>', more: ['Privacy: id'] }, ''],
  ['P-Asserted-Identity beside an anonymous From', { from: '<sip:anonymous@anonymous.invalid>', more: ['P-Asserted-Identity: "Ann" <sip:+15550199@pbx.test>'] }, '+15550199', 'Ann'],
  ['P-Asserted-Identity of somebody who wants privacy', { from: '<sip:anonymous@anonymous.invalid>', more: ['P-Asserted-Identity: <sip:+15550199@pbx.test>', 'Privacy: id'] }, ''],
  ['two P-Asserted-Identities', { more: ['P-Asserted-Identity: <sip:ann@pbx.test>, <tel:+15550142>'] }, '+15550142'],
  ['Remote-Party-ID', { more: ['Remote-Party-ID: "Ann" <sip:+15550142@pbx.test>;party=calling;privacy=off'] }, '+15550142', 'Ann'],
  ['Remote-Party-ID with privacy', { more: ['Remote-Party-ID: <sip:+15550142@pbx.test>;party=calling;privacy=full'] }, ''],
  ['a Request-URI that is the dialled number', { uri: 'sip:+15550100@pbx.test' }, '+15550199'],
  ['a Request-URI that is a tel: URI', { uri: 'tel:+15550100' }, '+15550199'],
]) {
  test(`a call from ${what} is understood by both libraries, and answered to whom it came from`, () => {
    const { it, socket, got, heard } = border();
    const text = invite(change);
    it.onmessage = (text) => (got.push(text), it.send(ringing(text)));
    socket.onmessage(text);
    for (const [library, parse] of Object.entries(parsers)) {
      const parsed = parse(got[0]);
      assert.ok(parsed, `${library} can read\n${got[0]}`);
      assert.equal(parsed.ruri.user, '101', `${library} takes it for its own`);
    }
    const who = identity(heard[0], { header: 'from', trusted: true });
    assert.deepEqual([who.number, who.displayName], [number, displayName]);
    const [sent, answer] = [Message.read(text), Message.read(socket.sent[0])];
    const uri = (value) => value.replace(/^.*<|>.*$/g, '').replace(/;tag=.*$/, '');
    assert.equal(uri(answer.get('from')), uri(sent.get('from')), 'the From is theirs');
    assert.equal(answer.get('via'), sent.get('via'), 'the Via is theirs');
  });
}

test('a call from an untrusted server is from whom its From says', () => {
  const { socket, heard } = border();
  socket.onmessage(invite({ more: ['P-Asserted-Identity: <sip:+15550142@pbx.test>'] }));
  assert.equal(identity(heard[0], { header: 'from', trusted: false }).number, '+15550199');
});

test('an INVITE the library says nothing to is refused, and reported', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { socket, problems } = border();
  socket.onmessage(invite());
  t.mock.timers.tick(10_000);
  assert.match(socket.sent[0], /^SIP\/2\.0 400 /);
  assert.deepEqual(problems, ['INVITE_UNREADABLE']);
  socket.onmessage('no SIP at all');
  assert.equal(problems.at(-1), 'SIP_UNREADABLE');
});

test('an INVITE the library has answered is answered once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { it, socket, problems } = border();
  socket.onmessage(invite());
  it.send(ringing(invite()));
  t.mock.timers.tick(10_000);
  assert.deepEqual([socket.sent.length, problems], [1, []]);
});

for (const [what, listed] of [
  ['lists no Contact', []],
  ['lists our Contact as it sees it', ['Contact: <sip:101@192.0.2.7:51234;transport=ws>;expires=120']],
]) {
  test(`a 200 to REGISTER that ${what} still says that we are registered`, () => {
    const { it, socket, got } = border();
    const ids = ['Via: SIP/2.0/WS x.invalid;branch=z9hG4bKr', 'From: <sip:101@pbx.test>;tag=3', 'To: <sip:101@pbx.test>', 'Call-ID: r', 'CSeq: 1 REGISTER'];
    it.send(lines('REGISTER sip:pbx.test SIP/2.0', ids, 'Contact: <sip:q7rj3@x.invalid;transport=ws>;reg-id=1;expires=600', 'Content-Length: 0'));
    socket.onmessage(lines('SIP/2.0 200 OK', ids, listed, 'Content-Length: 0'));
    const ours = Message.read(got[0]).all('contact').find((value) => value.includes('q7rj3'));
    assert.match(ours, listed.length ? /expires=120/ : /expires=600/);
  });
}

test('a description is found in a body of several parts, and under a type with parameters', () => {
  const { socket, got } = border();
  const body = ['--x1', 'Content-Type: application/isup', '', 'binary', '--x1', 'Content-Type: application/sdp', 'Content-Disposition: session', '', 'v=0', 's=-', '--x1--', ''].join('\r\n');
  socket.onmessage(invite({ more: ['Content-Type: multipart/mixed;boundary="x1"'], body }));
  socket.onmessage(invite({ more: ['Content-Type: application/sdp;charset=utf-8'], body: 'v=0\r\n' }));
  for (const [at, said] of [[0, 'v=0\r\ns=-\r\n'], [1, 'v=0\r\n']]) {
    const message = Message.read(got[at]);
    assert.deepEqual([message.get('content-type'), message.body, message.get('content-length')], ['application/sdp', said, String(said.length)]);
  }
});

for (const [what, method, more, status, says] of [
  ['an UPDATE that only tells something', 'UPDATE', [], 488, 200],
  ['an INFO of no package', 'INFO', [], 469, 200],
  ['an INFO of a package nobody knows', 'INFO', ['Info-Package: g.example'], 469, 469],
  ['an INFO of a call there is not', 'INFO', [], 481, 481],
]) {
  test(`${what}, which a library refuses with ${status}, is answered with ${says}`, () => {
    const { it, socket } = border();
    const ids = ['Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKu', 'From: <sip:1@pbx.test>;tag=1', 'To: <sip:101@pbx.test>;tag=2', 'Call-ID: c1', `CSeq: 2 ${method}`];
    socket.onmessage(lines(`${method} sip:101@pbx.test SIP/2.0`, ids, more, 'Content-Length: 0'));
    it.send(lines(`SIP/2.0 ${status} No`, ids, 'Content-Length: 0'));
    assert.equal(Message.read(socket.sent[0]).status, says);
  });
}

const SHA = 'WWW-Authenticate: Digest realm="pbx", nonce="n256", algorithm=SHA-256, qop="auth"';
const MD5 = 'WWW-Authenticate: Digest realm="pbx", nonce="n5", algorithm=md5, qop="auth,auth-int"';
const UNKNOWN = 'WWW-Authenticate: Digest realm="pbx", nonce="n512", algorithm=SHA-512-256, qop="auth"';

for (const [what, challenges, nonce, algorithm] of [
  ['MD5', [MD5], 'n5', 'MD5'],
  ['SHA-256', [SHA], 'n256', 'SHA-256'],
  ['SHA-256 before MD5', [SHA, MD5], 'n256', 'SHA-256'],
  ['MD5 before SHA-256', [MD5, SHA], 'n5', 'MD5'],
  ['one nobody knows before MD5', [UNKNOWN, MD5], 'n5', 'MD5'],
]) {
  test(`a challenge by ${what} is answered by ${algorithm}, and what is said after it arrives after it`, async () => {
    const { it, socket, got } = border();
    const ids = ['Via: SIP/2.0/WS x.invalid;branch=z9hG4bKr', 'From: <sip:101@pbx.test>;tag=3', 'To: <sip:101@pbx.test>;tag=4', 'Call-ID: r', 'CSeq: 1 REGISTER'];
    socket.onmessage(lines('SIP/2.0 401 Unauthorized', ids, challenges, 'Content-Length: 0'));
    for (const [library, parse] of Object.entries(parsers)) {
      const challenge = parse(got[0]).parseHeader('www-authenticate');
      assert.deepEqual([challenge.nonce, challenge.algorithm, [challenge.qop].flat()], [nonce, 'MD5', ['auth']], library);
    }
    // What a library would answer, whose own sum is not asked for.
    it.send(lines('REGISTER sip:pbx.test SIP/2.0', ids, `Authorization: Digest algorithm=MD5, username="101", realm="pbx", nonce="${nonce}", uri="sip:pbx.test", response="wrong", qop=auth, cnonce="c", nc=00000001`));
    it.send(lines('OPTIONS sip:pbx.test SIP/2.0', ids));
    while (socket.sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.match(socket.sent[1], /^OPTIONS/);
    const sent = Message.read(socket.sent[0]).get('authorization');
    assert.match(sent, new RegExp(`algorithm=${algorithm},`));
    if (algorithm === 'MD5') return;
    const sha = (text) => createHash('sha256').update(text).digest('hex');
    const right = sha(`${sha('101:pbx:secret')}:${nonce}:00000001:c:auth:${sha('REGISTER:sip:pbx.test')}`);
    assert.ok(sent.includes(`response="${right}"`), sent);
  });
}

/** What is known of a call to this phone, whose Contact is `q7rj3`. */
function called(options, registered = {}) {
  const { it, socket } = border();
  it.send(lines('REGISTER sip:pbx.test SIP/2.0', 'Call-ID: r', 'CSeq: 1 REGISTER', 'Contact: <sip:q7rj3@x.invalid;transport=ws>;expires=600'));
  const heard = new Heard({ uri: 'sip:101@pbx.test', assertedIdentity: true, headers: [], externalId: 'X-Call-ID', ...registered }, { identity() {}, referOver() {}, isOurContact: (user) => it.isOurContact(user) });
  heard.hear(Message.read(invite(options)));
  assert.equal(socket.sent.length, 1);
  return heard.of('c1');
}

for (const [what, options, line] of [
  ['the number that was dialled, in To', { to: '<sip:+15550100@pbx.test>' }, '+15550100'],
  ['the number that was dialled, in the Request-URI', { uri: 'sip:+15550100@pbx.test' }, '+15550100'],
  ['P-Called-Party-ID', { more: ['P-Called-Party-ID: <sip:+15550100@pbx.test>'] }, '+15550100'],
  ['its own extension', {}, '101'],
  ['none where To and Request-URI are our Contact', { to: '<sip:q7rj3@x.invalid>', uri: 'sip:q7rj3@x.invalid;transport=ws' }, undefined],
  ['its own extension where only To is our Contact', { to: '<sip:q7rj3@x.invalid>' }, '101'],
]) {
  test(`the line of a call is ${what}`, () => assert.equal(called(options).line, line));
}

const ended = (status, ...given) => {
  const text = lines(status ? `SIP/2.0 ${status} X` : 'CANCEL sip:101@pbx.test SIP/2.0', 'CSeq: 1 INVITE', given.map((it) => `Reason: ${it}`));
  return explained({ by: 'remote', status: status ?? 487 }, reasons(Message.read(text)), { incoming: !status, answered: false });
};

for (const [what, cause, status, code] of [
  ['a decline that a PBX passes on as 403', ended(403, 'Q.850;cause=21'), 603],
  ['a phone that rang in vain, passed on as 603', ended(603, 'Q.850;cause=19;text="No answer"'), 480],
  ['a busy phone, passed on as 480', ended(480, 'Q.850 ;cause=17 ;text="User busy"'), 486],
  ['an unknown number, passed on as 500', ended(500, 'SIP;cause=500, Q.850;cause=1'), 404],
  ['a status with a normal clearing', ended(486, 'Q.850;cause=16'), 486],
  ['a caller who gave up', ended(undefined, 'Q.850;cause=16'), 487],
  ['a call completed elsewhere, as SIP says it', ended(undefined, 'SIP;cause=200;text="Call completed elsewhere"'), 487, 'ANSWERED_ELSEWHERE'],
  ['a call completed elsewhere, as exchanges say it', ended(undefined, 'Q.850;cause=26'), 487, 'ANSWERED_ELSEWHERE'],
]) {
  test(`${what} is told as ${code ?? status}`, () => assert.deepEqual([cause.status, cause.code], [status, code]));
}

// Softphones that break one rule each, as real ones do: `[what it does, a part of the story's name that catches it, what
// is said of it, how it is broken]`. Told in the page; the test reads what is to come of each.

import { alters, asks, both, does, endsWith, later, sender, silences, speaks, tells } from './tools.js';

const cause = (change) => alters('ended', (event) => ({ ...event, cause: change(event.cause) }));
const twice = (event) => [event, event];
const never = () => undefined;
/** A second event of another type follows, of the same call. */
const and = (rest) => (event) => [event, { callId: event.callId, ...rest }];

const ringing = [
  ['never says that it is registered', 'signs on', /tell "registered"/, alters('registered', never)],
  ['has no sendDtmf', 'signs on', /no sendDtmf\(\)/, (phone) => delete phone.sendDtmf],
  ['rings without a number', 'a refused call ends', /for `number`/, alters('incoming', ({ number, ...event }) => event)],
  ['rings with another number', 'an incoming call rings', /the number of "incoming"/, alters('incoming', (event) => ({ ...event, number: '0199' }))],
  ['rings twice under one name', 'a refused call ends', /how often "incoming"/, alters('incoming', twice)],
  ['answers by itself', 'an incoming call rings', /has not answered/,
    alters('incoming', (event, phone) => (later(() => phone.tell({ type: 'connected', callId: event.callId }), 300), event))],
  ['connects before anybody has answered', 'an outgoing call makes progress', /nobody has answered/, alters('progress', and({ type: 'connected' }))],
  ['tells nothing while the far end rings', 'an outgoing call makes progress', /tell "progress"/, alters('progress', never)],
  ['has names of its own for dialled calls', 'an outgoing call makes progress', /tell "progress"/,
    tells((event) => (event.callId?.startsWith('worker-') ? { ...event, callId: 'sip-1' } : event))],
  ['calls every call by one name', 'after a call the next one', /another call's before/, (phone) => {
    let real;
    tells((event) => event.callId && ((real = event.callId), { ...event, callId: 'the-call' }) || event)(phone);
    for (const method of ['answer', 'hangUp']) does(method, (_, value, original) => original(real))(phone);
  }],
  ['rings for one call at a time', 'a second call rings', /softphone to ring/, (phone) => {
    let calls = 0;
    alters('incoming', (event) => calls++ === 0 && event)(phone);
  }],
  ['connects again when it is taken back', 'a hold is told', /"connected" is told 2 times/,
    alters('held', (event) => (event.held ? event : and({ type: 'connected' })(event)))],
  ['tells what no softphone tells', 'an incoming call rings', /no event of a softphone/, alters('connected', and({ type: 'accepted' }))],
  ['tells an event with a DOM object', 'an incoming call rings', /no plain data/,
    alters('connected', (event) => [event, { ...event, session: document.body }])],
];

const ending = [
  ['ends twice', 'an incoming call rings', /how often "ended"/, alters('ended', (event, phone) => (later(() => phone.tell(event), 50), event))],
  ['tells of a call after its end', 'an incoming call rings', /after its end/, alters('ended', and({ type: 'muted', muted: false }))],
  ['ends without a cause', 'can be cancelled', /for `cause`/, alters('ended', ({ cause: _, ...event }) => event)],
  ['takes our hanging up for theirs', 'an incoming call rings', /who has ended it/, cause(() => ({ by: 'remote' }))],
  ['takes our refusal for theirs', 'a refused call ends', /who has ended it/, cause(() => ({ by: 'remote', status: 603 }))],
  ['has no status for who gives up', 'gives up ends the call', /its status/, cause(({ by }) => ({ by }))],
  ['has a status for a call that was answered', 'an outgoing call makes progress', /its status/, cause((it) => ({ ...it, status: 487 }))],
  ['takes every refusal for a decline', 'answers 486', /its status/, cause((it) => ({ ...it, status: 603 }))],
  ['refuses with 603 whatever it is asked for', 'tells the caller 486', /status the far end is told/,
    does('reject', (call, _, reject) => reject(call, 603))],
  ['says that it has hung up once the network says so', 'told at once', /waited 1000 ms/,
    does('hangUp', (call, _, hangUp) => new Promise((done) => later(() => done(hangUp(call)), 1500)))],
  ['hangs up at this end only', 'hears that it was hung up on', /far end to hear/, silences('bye')],
  ['dials a moment later, cancelled or not', 'cancelled at once', /tell "ended"/,
    does('dial', (call, number, dial) => new Promise((done) => later(() => done(dial(call, number)), 100)))],
  ['cancels at this end only', 'no longer rings', /far end to hear/, silences('bye')],
  ['leaves a connection open', 'an incoming call rings', /RTCPeerConnection to be closed/,
    does('answer', (call, _, answer) => (new RTCPeerConnection(), answer(call)))],
  ['leaves the microphone open', 'an incoming call rings', /microphone to be let go/, asks(never, { letsGo: false })],
  ['keeps the connection of a call that is over', 'no connection of a call that is over', /still gives/, (phone) => {
    let last;
    does('peerConnection', (call, _, peerConnection) => (last = peerConnection(call) ?? last))(phone);
  }],
  ['throws for a call that is over', 'for a call that is over', /sendDtmf\(\) has nothing to do/,
    does('sendDtmf', () => Promise.reject(new Error('InvalidStateError')))],
  ['mutes a call that nobody knows', 'nobody has heard of', /nothing is to be told/,
    does('setMuted', (callId, muted, _, phone) => phone.tell({ type: 'muted', callId, muted }))],
  ['answers who has given up', 'has given up', /nothing is to be told/,
    does('answer', (callId, _, answer, phone) => phone.tell({ type: 'connected', callId }))],
  ['catches nothing', 'an incoming call rings', /nobody has caught no dialog/,
    does('hangUp', (call, _, hangUp) => (void Promise.reject(new Error('no dialog')), hangUp(call)))],
  ['ends the first call with the second', 'hung up, it leaves the first', /ended with the second/, (phone) => {
    const calls = [];
    alters('incoming', (event) => (calls.push(event.callId), event))(phone);
    does('hangUp', (_, value, hangUp) => calls.forEach((call) => hangUp(call)))(phone);
  }],
  ['hangs up the newest call, whichever is meant', 'the first call is hung up', /tell "ended"/, (phone) => {
    let newest;
    alters('incoming', (event) => ((newest = event.callId), event))(phone);
    does('hangUp', (_, value, hangUp) => hangUp(newest))(phone);
  }],
];

const sounding = [
  ['says only that it is muted', 'muted, the customer hears silence', /sound to be/,
    does('setMuted', (callId, muted, _, phone) => phone.tell({ type: 'muted', callId, muted }))],
  ['mutes by a hold', 'muted, the customer hears silence', /sound to be/, (phone) => {
    alters('held', never)(phone);
    does('setMuted', async (callId, muted, setMuted, phone) => {
      await phone.setHeld(callId, muted);
      phone.tell({ type: 'muted', callId, muted });
    })(phone);
  }],
  ['is muted for a moment', 'muted, the customer hears silence', /sound (was|to be)/,
    does('setMuted', (call, muted, setMuted, phone) => (later(() => speaks(phone, call, true), 900), setMuted(call, muted)))],
  ['never unmutes', 'muted, the customer hears silence', /sound to be/,
    does('setMuted', (call, muted, setMuted, phone) => (setMuted(call, muted), speaks(phone, call, false)))],
  ['tells of a mute and not of its end', 'a mute is told', /tell "muted"/, alters('muted', (event) => event.muted && event)],
  ['mutes and unmutes by turns', 'asked for twice', /tell "muted"/, (phone) => {
    let is = false;
    does('setMuted', (call, _, setMuted) => setMuted(call, (is = !is)))(phone);
  }],
  ['says only that it holds', 'on hold nothing is heard', /sound to be/,
    does('setHeld', (callId, held, _, phone) => phone.tell({ type: 'held', callId, held, by: 'local' }))],
  ['on hold still hears the customer', 'on hold nothing is heard', /sound to be/,
    does('setHeld', (callId, held, _, phone) => (speaks(phone, callId, !held), phone.tell({ type: 'held', callId, held, by: 'local' })))],
  ['forgets the mute when it is taken back', 'still muted', /sound to be/,
    does('setHeld', async (call, held, setHeld, phone) => (await setHeld(call, held), held || speaks(phone, call, true)))],
  ['forgets the mute a moment after it is taken back', 'still muted', /sound (was|to be)/,
    does('setHeld', async (call, held, setHeld, phone) => (await setHeld(call, held), held || later(() => speaks(phone, call, true), 900)))],
  ['does not unmute on hold', 'unmuted on hold', /sound to be/, (phone) => {
    let isHeld = false;
    does('setHeld', (call, held, setHeld) => setHeld(call, (isHeld = held)))(phone);
    does('setMuted', (callId, muted, setMuted, phone) => (isHeld ? phone.tell({ type: 'muted', callId, muted }) : setMuted(callId, muted)))(phone);
  }],
  ['tells of a hold and not of its end', 'a hold is told', /tell "held" with {"held":false/, alters('held', (event) => event.held && event)],
  ['takes our hold for theirs', 'a hold is told', /tell "held" with/, alters('held', (event) => ({ ...event, by: 'remote' }))],
  ['sends a tone that comes twice once', 'DTMF tones', /it has received/, (phone) => {
    let last;
    does('sendDtmf', (call, tone, sendDtmf) => (tone === last ? undefined : sendDtmf(call, (last = tone))))(phone);
  }],
  ['lets tones cut each other off', 'DTMF tones', /far end to receive/,
    does('sendDtmf', (call, tone, _, phone) => sender(phone, call).dtmf.insertDTMF(tone, 100, 70))],
  ['mutes each call with one', 'a mute is of its call alone', /muted with the first/, alters('connected', and({ type: 'muted', muted: true }))],
  ['has a number for a code', 'without a microphone', /has 0 for `code`/, asks(endsWith(0))],
  ['has no word for a microphone that is denied', 'without a microphone', /a word in capitals/, asks(endsWith(undefined))],
  ['connects without a microphone', 'without a microphone', /hears nobody/, asks((phone, call, error, answer) => answer(call))],
  ['rejects with a DOMException', 'without a microphone', /a word in capitals/, asks((phone, call, error) => Promise.reject(error))],
];

const leaving = [
  ['stopped, leaves its calls up', 'lets go of everything', /RTCPeerConnection to be closed/, does('stop', never)],
  ['stopped, leaves the microphone open', 'lets go of everything', /microphone to be let go/,
    both(asks(never, { letsGo: false }), does('stop', (call, _, stop) => stop()))],
  ['stopped, does not say that its calls are over', 'lets go of everything', /tell "ended"/, alters('ended', never)],
  ['stopped, rings all the same', 'lets go of everything', /nothing is to be told/, does('stop', (call, _, stop, phone) => {
    stop();
    phone.remote.call = (number) => phone.tell({ type: 'incoming', callId: 'late', number });
  })],
  ['stopped, leaves the far end waiting', 'hangs up on the far end', /far end to hear/, silences('bye')],
  ['has a snapshot of a call that is over', 'a snapshot is of a call', /a call that is over/, (phone) => {
    const calls = new Set();
    alters('connected', (event) => (calls.add(event.callId), event))(phone);
    does('snapshot', (callId) => calls.has(callId) && { callId })(phone);
  }],
  ['has a connection in its snapshot', 'a snapshot is of a call', /JSON has not/, does('snapshot', (callId, _, snapshot, phone) => {
    const kept = snapshot(callId);
    return kept && { ...kept, connection: phone.peerConnection(callId) };
  })],
];

export const sabotages = [...ringing, ...ending, ...sounding, ...leaving];

/** Breaks nothing: it opens a microphone, and without one ends with a word for it. */
export const AS_IT_SHOULD = asks(endsWith('MICROPHONE_DENIED'));

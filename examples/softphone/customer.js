// The customer's phone: it says a tone, and plays what it hears. Of the two ends it is the one that is offered.

import { Signals } from '/signals.js';

const me = new URLSearchParams(location.search).get('number') ?? '+12025550123';
const { line, iceServers } = await (await fetch('/config.json')).json();
const status = document.querySelector('[role=status]');
const speaker = document.querySelector('audio');

/** The one call there can be, and its sound. */
let call;
let connection;
let voice;

const signals = new Signals(me, { up: () => show('ready'), down: () => over('not connected'), heard: hear });
const say = (type, rest) => signals.say(type, call, rest);

const clicks = {
  call() {
    call = crypto.randomUUID();
    say('ring', { to: line });
    show('calling');
  },
  answer() {
    say('answer');
    show('answering');
  },
  hangup() {
    say('bye', { status: status.textContent === 'ringing' ? 603 : undefined });
    over('ready');
  },
};
const buttons = Object.keys(clicks).map((id) => document.getElementById(id));
for (const button of buttons) {
  button.onclick = () => {
    voice ??= tone(); // a page makes sound after a click only
    clicks[button.id]();
  };
}
document.querySelector('h1').textContent = me;

async function hear({ type, call: id, description, candidate }) {
  if (type === 'ring' && call) return signals.say('bye', id, { status: 486 });
  if (type === 'ring') {
    call = id;
    say('ringing');
    return show('ringing');
  }
  if (id !== call) return;
  if (type === 'bye') return over('ready');
  if (candidate) return connection.addIceCandidate(candidate);
  if (!description) return;
  const answering = (connection ??= open());
  await answering.setRemoteDescription(description);
  await answering.setLocalDescription();
  if (answering !== connection) return; // the call ended meanwhile
  say('media', { description: answering.localDescription });
  show(answering.getTransceivers()[0].currentDirection === 'inactive' ? 'on hold' : 'talking');
}

function open() {
  const opened = new RTCPeerConnection({ iceServers });
  opened.addTrack(voice);
  opened.onicecandidate = ({ candidate }) => candidate && say('media', { candidate });
  opened.ontrack = ({ track }) => (speaker.srcObject = new MediaStream([track]));
  opened.onconnectionstatechange = () => opened.connectionState === 'failed' && clicks.hangup();
  return opened;
}

function over(state) {
  connection?.close();
  connection = call = undefined;
  show(state);
}

function show(state) {
  status.textContent = state;
  const usable = { 'ready': ['call'], 'ringing': ['answer', 'hangup'], 'not connected': [] }[state] ?? ['hangup'];
  for (const button of buttons) button.disabled = !usable.includes(button.id);
}

function tone() {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const oscillator = new OscillatorNode(context, { frequency: 440 });
  oscillator.connect(new GainNode(context, { gain: 0.1 })).connect(out);
  oscillator.start();
  return out.stream.getAudioTracks()[0];
}

// For the console: `await connection().getStats()` tells what is sent and heard.
globalThis.connection = () => connection;

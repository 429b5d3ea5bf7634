/*
 * A stand-in for BX24.js, written from the public documentation and the protocol facts in
 * docs/simulator.md. It keeps the library's habits, the awkward ones too: an empty answer
 * arrives as an empty array, callbacks are kept for ever, and a server error calls nobody back.
 *
 * First of three parts that are served as one file: messages to and from the portal's page.
 */
(function () {
'use strict';

const [rawDomain = '', rawProtocol = '', sid = ''] = String(window.name).split('|');
const domain = rawDomain.replace(/:(80|443)$/, '');
if (!domain || !sid) {
  window.BX24 = null;
  throw new Error('Unable to initialize Bitrix24 JS library!');
}

/** What is known of the portal. `getInitData` fills in the rest. */
const portal = {
  domain,
  protocol: parseInt(rawProtocol, 10) || 0,
  path: '/rest',
  lang: null,
  auth: null,
  refresh: null,
  expires: 0,
  admin: false,
  install: false,
  firstRun: false,
  userOptions: {},
  appOptions: {},
  placement: { placement: 'DEFAULT', options: {} },
};

const origin = () => `http${portal.protocol ? 's' : ''}://${portal.domain}`;

/** By callback id, and never removed: an event's callback is called again and again. */
const callbacks = Object.create(null);

function callbackId(fn) {
  let id = '';
  while (id.length < 32) id += Math.random().toString(36).slice(2);
  id = id.slice(0, 32);
  callbacks[id] = fn;
  return id;
}

/** Sends a command. Without parameters and without a callback the parts stay, empty. */
function send(command, params, callback) {
  if (typeof params === 'function') [params, callback] = [null, params];
  const json = params ? JSON.stringify(params) : '';
  const id = callback ? callbackId(callback) : '';
  parent.postMessage(`${command}:${json}:${id}:${sid}`, origin());
}

window.addEventListener('message', (event) => {
  if (event.origin !== origin() || typeof event.data !== 'string') return;
  const colon = event.data.indexOf(':');
  const id = colon < 0 ? event.data : event.data.slice(0, colon);
  const json = colon < 0 ? '' : event.data.slice(colon + 1);
  if (!callbacks[id]) return;
  callbacks[id].call(window, json ? JSON.parse(json) : []);
});

// ----- start: what waits for the portal's first answer

let started = false;
const waiting = [];
const installers = [];

/** Calls `fn` once the portal has answered; always in a later task. */
function whenStarted(fn) {
  if (started) setTimeout(fn, 10);
  else waiting.push(fn);
}

function keepAuth({ AUTH_ID, AUTH_EXPIRES, REFRESH_ID }) {
  portal.auth = AUTH_ID;
  portal.refresh = REFRESH_ID;
  portal.expires = Date.now() + AUTH_EXPIRES * 1000;
}

send('getInitData', (data) => {
  keepAuth(data);
  portal.protocol = parseInt(data.PROTOCOL, 10) || 0;
  portal.path = data.PATH;
  portal.lang = data.LANG;
  portal.member = data.MEMBER_ID;
  portal.admin = data.IS_ADMIN;
  portal.install = data.INSTALL;
  portal.firstRun = data.FIRST_RUN;
  portal.userOptions = data.USER_OPTIONS;
  portal.appOptions = data.APP_OPTIONS;
  portal.placement = { placement: data.PLACEMENT, options: data.PLACEMENT_OPTIONS };
  started = true;
  if (portal.firstRun && installers.length) {
    installers.forEach((fn) => fn());
    send('setInstall', { install: true });
  }
  waiting.splice(0).forEach((fn) => setTimeout(fn, 10));
});

function refreshAuth(callback) {
  if (!started) return;
  send('refreshAuth', (pair) => {
    keepAuth(pair);
    if (callback) callback(getAuth());
  });
}

/** False once expired. `expires_in` is a point in time, not a number of seconds. */
function getAuth() {
  if (!started || Date.now() >= portal.expires) return false;
  return {
    access_token: portal.auth,
    refresh_token: portal.refresh,
    expires_in: portal.expires,
    domain: portal.domain,
    member_id: portal.member,
  };
}


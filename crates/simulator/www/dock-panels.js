// The dock's panels: the customer's phone, call records, load clock, faults.

import { h, initials } from './dom.js';
import { icon } from './icons.js';
import { toast } from './crm.js';
import { config, post, world } from './server.js';

const act = (path, body = {}, method = 'POST') => post(path, body, method).catch((error) => {
  let reason = error.message;
  try { reason = JSON.parse(reason).error ?? reason; } catch { /* not JSON: shown as it is */ }
  toast(reason);
});

/** The customer's mobile phone. */
export function phonePanel() {
  const who = h('select', { 'aria-label': 'Who calls' }, config.directory.clients.flatMap((client) =>
    client.phones.map(({ number, shown }) => h('option', { value: JSON.stringify([number, client.name]) }, `${client.name} · ${shown}`))),
  h('option', { value: JSON.stringify(['+493055501991', '']) }, 'Unknown caller · +49 30 5550 1991'));
  who.addEventListener('change', () => draw(world));
  const screen = h('div', { class: 'mobile-screen' });
  const element = h('section', { class: 'mobile', 'aria-label': 'The customer’s phone' }, screen);
  const ring = () => {
    const [number, displayName] = JSON.parse(who.value);
    return act('/sim/phone/call', { number, displayName: displayName || undefined, line: config.directory.lines[0].number });
  };
  const round = (name, tone, label, action) => h('button', { class: `mobile-button ${tone}`, data: { phone: label.toLowerCase() }, on: { click: action } },
    icon(name, 20), h('span', {}, label));

  function draw({ phone }) {
    const call = phone?.calls.findLast(({ state }) => state !== 'ended');
    const last = phone?.calls.at(-1);
    if (!call) {
      const [, name] = JSON.parse(who.value);
      screen.replaceChildren(h('small', {}, 'The customer’s phone'), h('div', { class: 'avatar' }, initials(name)), who,
        h('div', { class: 'mobile-buttons' }, round('answer', 'go', 'Call', ring)),
        h('small', { class: 'mobile-note' }, !phone?.registered ? 'No softphone is registered yet'
          : last ? `Last call: ${ending(last)}` : 'Calls the operator over the simulated network'));
      return;
    }
    // `incoming` is the operator's view; the customer made that call.
    const words = call.state === 'connected' ? 'Connected' : call.direction === 'incoming' ? 'Calling the operator…' : 'The operator is calling';
    const buttons = call.direction === 'outgoing' && call.state === 'ringing'
      ? [round('answer', 'go', 'Answer', () => act('/sim/phone/answer')), round('hangup', 'stop', 'Decline', () => act('/sim/phone/decline', { status: 486 }))]
      : [round('hangup', 'stop', 'Hang up', () => act('/sim/phone/hangup'))];
    const client = config.directory.clients.find(({ phones }) => phones.some(({ number }) => number === call.number));
    screen.replaceChildren(
      h('div', { class: 'avatar' }, initials(client?.name ?? '')),
      h('b', {}, client?.name ?? call.number),
      h('span', { class: 'mobile-state', data: { phoneState: call.state } }, words),
      h('div', { class: 'mobile-flags' }, call.held && h('i', {}, 'on hold'), call.muted && h('i', {}, 'operator muted'),
        call.tones && h('i', {}, `tones ${call.tones}`)),
      h('div', { class: 'mobile-buttons' }, buttons));
  }
  return { element, draw };
}

const ending = ({ endedBy, status }) => (status ? `${status} from the ${endedBy}` : `hung up by the ${endedBy}`);

/** What the app told the portal over REST. */
export function callsPanel({ calls }) {
  if (!calls.length) return h('p', { class: 'empty' }, 'Nothing registered yet. Ring from the phone, or click a number on the page.');
  return h('table', { class: 'calls' },
    h('thead', {}, h('tr', {}, ['Call', 'Number', 'Of', 'By', 'External id', 'Duration', 'Result'].map((name) => h('th', {}, name)))),
    h('tbody', {}, calls.toReversed().map((call) => h('tr', { title: call.CALL_ID, data: { record: call.CALL_ID } },
      h('td', {}, { 1: 'Outgoing', 2: 'Incoming', 3: 'Redirected', 4: 'Callback', 5: 'Info' }[call.TYPE]),
      h('td', {}, call.PHONE_NUMBER || 'hidden'),
      h('td', {}, `user ${call.USER_ID}`),
      h('td', {}, call.origin, call.registrations > 1 && h('b', { data: { registrations: String(call.registrations) } }, ` ×${call.registrations}`)),
      h('td', { title: call.EXTERNAL_CALL_ID ?? '' }, short(call.EXTERNAL_CALL_ID)),
      h('td', {}, call.finish ? `${call.finish.CALL_DURATION} s` : '–'),
      h('td', {}, call.finish ? h('span', { class: `tag ${call.finish.CALL_FAILED_CODE === '200' ? 'good' : 'bad'}` }, call.finish.CALL_FAILED_CODE)
        : h('span', { class: 'tag' }, 'open'))))));
}

/** Its beginning; the whole is in the cell's title. */
const short = (id) => (id?.length > 10 ? `${id.slice(0, 9)}…` : id ?? '–');

/** Frame created → load, against the limit. */
export function clockPanel({ strikes, faults }, layouts) {
  return h('div', { class: 'clock' },
    [...layouts].map(({ load, def, sid }) => h('div', { class: 'clock-row' },
      h('div', {}, h('b', {}, def.placement), h('small', {}, `${sid.slice(0, 8)}… · ${load.loads} load${load.loads === 1 ? '' : 's'}`)),
      h('div', { class: 'bar' }, h('i', { class: load.strikes ? 'bad' : '', style: `width:${Math.min(100, ((load.loadMs ?? 0) / faults.loadLimitMs) * 100)}%` })),
      h('span', {}, load.loadMs == null ? 'loading…' : `${load.loadMs} of ${faults.loadLimitMs} ms`))),
    h('p', { class: 'empty' }, `${strikes} strike${strikes === 1 ? '' : 's'}. A load later than ${faults.loadLimitMs} ms is one; the portal removes a handler at its eleventh in a day.`));
}

/** Is the app installed, what has it bound, who is told of what. */
export function appPanel({ app }) {
  const button = (name, action, label) => h('button', { class: 'tag', data: { app: name }, on: { click: action } }, label);
  const callback = { number: config.directory.clients[0].phones[0].number, text: 'Please call me back' };
  return h('div', { class: 'app-panel' },
    h('p', {}, h('span', { class: `tag ${app.installed ? 'good' : 'bad'}` }, app.installed ? 'installed' : 'not installed'), ` ${app.clientId} `,
      h('a', { class: 'tag', data: { app: 'open' }, href: `/marketplace/app/${app.clientId}/` }, 'Open the app'),
      button('uninstall', () => act('/sim/app/uninstall'), 'Uninstall'),
      button('callback', () => act('/sim/callback', callback), 'Callback form')),
    h('table', { class: 'calls' },
      h('thead', {}, h('tr', {}, ['Placement', 'For', 'Strikes', 'Last load', 'Handler'].map((name) => h('th', {}, name)))),
      h('tbody', {}, app.placements.map((row) => h('tr', { data: { row: String(row.id) } },
        [row.placement, row.userId ? `user ${row.userId}` : 'everyone', String(row.strikes), row.lastLoadMs == null ? '–' : `${row.lastLoadMs} ms`, row.handler]
          .map((text) => h('td', {}, text)))))),
    app.events.length > 0 && h('p', { class: 'empty' }, `Told of: ${app.events.map(({ event }) => event).join(', ')}`));
}

const NUMBERS = { bx24DelayMs: 'BX24.js delay', interfaceDelayMs: 'Interface delay', crmCardDelayMs: 'CRM card delay', restDelayMs: 'REST delay', lateTitleMs: 'Late title', cardMarkMs: 'Card mark', tokenLifetimeS: 'Token life, s' };
const SWITCHES = { interfaceNever: 'No call controller', crmCardFails: 'CRM card fails', firstRun: 'First run', desktop: 'Desktop client page', desktopRunning: 'Desktop client runs' };

/** Delays and failures to try an app with. */
export function faultsPanel() {
  const set = (patch) => act('/sim/faults', patch, 'PUT');
  const numbers = Object.entries(NUMBERS).map(([key, name]) => {
    const input = h('input', { type: 'number', min: '0', on: { change: () => set({ [key]: Math.max(0, Number(input.value) || 0) }) } });
    return { key, input, label: h('label', {}, name, input) };
  });
  const switches = Object.entries(SWITCHES).map(([key, name]) => {
    const input = h('input', { type: 'checkbox', on: { change: () => set({ [key]: input.checked }) } });
    return { key, input, label: h('label', { class: 'check' }, input, name) };
  });
  const silent = h('input', { type: 'checkbox', on: { change: () => set({ refreshAuth: silent.checked ? 'silent' : 'ok' }) } });
  const busy = h('input', { type: 'checkbox', on: { change: () => act('/sim/phone', { autoDecline: busy.checked ? 486 : null }, 'PUT') } });
  const element = h('div', { class: 'faults' }, numbers.map(({ label }) => label),
    [...switches.map(({ label }) => label), h('label', { class: 'check' }, silent, 'refreshAuth silent'), h('label', { class: 'check' }, busy, 'Customer is busy')]);
  return {
    draw() {
      for (const { key, input } of numbers) if (document.activeElement !== input) input.value = world.faults[key];
      for (const { key, input } of switches) input.checked = world.faults[key];
      silent.checked = world.faults.refreshAuth === 'silent';
      busy.checked = world.phone?.settings.autoDecline != null;
      return element;
    },
  };
}

// The customer's page of the CRM: what an operator has open when the phone rings.

import { h, initials } from './dom.js';
import { icon } from './icons.js';
import { config, post } from './server.js';

const MENU = [['chart', 'Overview'], ['user', 'Contacts'], ['deal', 'Deals'], ['building', 'Companies'],
  ['task', 'Tasks'], ['calendar', 'Calendar'], ['mail', 'Mail'], ['answer', 'Contact centre'], ['grid', 'Reports'], ['gear', 'Settings']];
const LINKS = { 'Contact centre': '/contact_center/' };
const STAGES = ['New', 'Qualified', 'Offer sent', 'Negotiation', 'Won'];
const HISTORY = [
  ['mail', 'Offer sent by e-mail', 'Forty desks, delivery in two lots. Valid until the end of the month.', 'Today, 09:12'],
  ['answer', 'Call, 6 min 20 s', 'Asked for rounded corners and a darker oak. Will confirm the quantity.', 'Yesterday, 16:40'],
  ['task', 'Task done: send fabric samples', 'Three samples by courier.', 'Monday, 11:05'],
];

/** Somebody clicks a number: the portal registers the call and shows the card. */
async function call(number) {
  try {
    await post('/portal/click-to-call', { number, userId: config.user, lineNumber: config.directory.lines[0].number });
  } catch (error) {
    toast(`The call was not started: ${error.message}`);
  }
}

const phoneLink = ({ number, shown, kind }) => h('button', {
  class: 'phone-link', title: 'Call this number', data: { call: number }, on: { click: () => call(number) },
}, icon('answer', 15), h('span', {}, shown ?? number), kind && h('small', {}, kind));

/** Draws the whole page. */
export function drawCrm(root) {
  const { directory, user, path } = config;
  const me = directory.employees.find(({ id }) => id === user);
  const client = directory.clients.find(({ type, id }) => path.includes(`/crm/${type.toLowerCase()}/`) && path.includes(`/${id}/`))
    ?? directory.clients[0];
  const isDeal = path.includes('/crm/deal/');
  const here = Object.keys(LINKS).find((name) => path.startsWith(LINKS[name])) ?? (isDeal ? 'Deals' : 'Contacts');
  root.append(
    h('nav', { class: 'menu', 'aria-label': 'Main menu' },
      h('div', { class: 'brand' }, h('span', { class: 'brand-mark' }, 'm'), h('span', {}, 'meridian')),
      MENU.map(([picture, name]) => h('a', { href: LINKS[name], class: name === here ? 'on' : '' }, icon(picture, 19), h('span', {}, name))),
      h('div', { class: 'menu-foot' }, 'A simulated portal for development')),
    h('div', { class: 'page' },
      h('header', { class: 'top' },
        h('label', { class: 'search' }, icon('search', 17), h('input', { placeholder: 'Find people, deals, documents', 'aria-label': 'Search' })),
        h('span', { class: 'top-company' }, directory.company),
        h('div', { class: 'me' }, h('span', { class: 'avatar small' }, initials(`${me.name} ${me.lastName}`)),
          h('span', {}, `${me.name} ${me.lastName}`, h('small', {}, me.post)))),
      h('main', {}, title(client, isDeal), h('div', { class: 'columns' }, about(client), h('div', {}, deal(client), history()), others(client)))));
}

function title(client, isDeal) {
  return h('div', { class: 'title' },
    h('div', { class: 'avatar big' }, initials(client.name)),
    h('div', {}, h('h1', {}, isDeal ? client.deal : client.name),
      h('p', {}, isDeal ? `${client.name}, ${client.company}` : `${client.post} at ${client.company}`)),
    h('span', { class: 'spacer' }),
    h('button', { class: 'primary', data: { call: client.phones[0].number }, on: { click: () => call(client.phones[0].number) } }, icon('answer', 17), 'Call'),
    h('button', { class: 'quiet' }, icon('mail', 17), 'Write'));
}

function about(client) {
  const row = (name, value) => h('div', { class: 'row' }, h('span', {}, name), h('div', {}, value));
  return h('section', { class: 'panel' }, h('h2', {}, 'About'),
    row('Phones', client.phones.map(phoneLink)),
    row('E-mail', client.email),
    row('Company', client.company),
    row('City', client.city),
    row('Responsible', (() => {
      const person = config.directory.employees.find(({ id }) => id === client.assignedTo);
      return person ? `${person.name} ${person.lastName}` : '';
    })()));
}

function deal(client) {
  const at = Math.max(0, STAGES.indexOf(client.stage));
  return h('section', { class: 'panel deal' },
    h('div', { class: 'deal-head' }, h('div', {}, h('h2', {}, client.deal), h('small', {}, 'Deal 4031 · closes in 12 days')), h('strong', {}, client.amount)),
    h('div', { class: 'stages' }, STAGES.map((name, i) => h('span', { class: i < at ? 'past' : i === at ? 'now' : '' }, name))));
}

function history() {
  return h('section', { class: 'panel' }, h('h2', {}, 'History'),
    h('ol', { class: 'history' }, HISTORY.map(([picture, what, text, when]) =>
      h('li', {}, h('span', { class: 'history-icon' }, icon(picture, 16)),
        h('div', {}, h('b', {}, what), h('p', {}, text)), h('time', {}, when)))));
}

function others(client) {
  return h('section', { class: 'panel people' }, h('h2', {}, 'Waiting for a call'),
    config.directory.clients.filter((other) => other !== client).map((other) =>
      h('div', { class: 'person' }, h('span', { class: 'avatar small' }, initials(other.name)),
        h('div', {}, h('b', {}, other.name), h('small', {}, other.post), other.phones.map(phoneLink)))),
    h('h2', {}, 'Colleagues'),
    config.directory.employees.filter(({ id, phones }) => id !== config.user && phones.length).map((person) =>
      h('div', { class: 'person' }, h('span', { class: 'avatar small' }, initials(`${person.name} ${person.lastName}`)),
        h('div', {}, h('b', {}, `${person.name} ${person.lastName}`), phoneLink({ number: person.phones[0], kind: 'Inner' })))));
}

/** A notice that goes by itself. */
export function toast(text) {
  const note = h('div', { class: 'toast', role: 'status' }, text);
  document.body.append(note);
  setTimeout(() => note.remove(), 6000);
}

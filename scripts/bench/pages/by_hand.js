// A page in plain JavaScript, inline, that speaks the portal's messages without any library.

const [host, secure, sid] = window.name.split('|');
const portal = `http${secure === '1' ? 's' : ''}://${host.replace(/:(80|443)$/, '')}`;
const answers = new Map();

addEventListener('message', ({ origin, data }) => {
  if (origin !== portal || typeof data !== 'string') return;
  const colon = data.indexOf(':');
  const json = data.slice(colon + 1);
  answers.get(data.slice(0, colon))?.(json && JSON.parse(json));
});

function say(command, params, answer) {
  const id = `c${answers.size}`;
  answers.set(id, answer);
  parent.postMessage(`${command}:${params ? JSON.stringify(params) : ''}:${id}:${sid}`, portal);
}

const ask = () => say('getInterface', null, (its) => {
  if (!its?.event?.length) return setTimeout(ask, 100);
  for (const event of EVENTS) say('placementBindEvent', { event }, (data) => globalThis.heard.push([event, data]));
});

globalThis.heard = [];
ask();

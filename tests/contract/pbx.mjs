// The imaginary PBX of docs/adapters.md, for two phones: whoever dials calls the other.

import { WebSocketServer } from 'ws';

export async function openPbx() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const phones = new Map();
  const calls = new Map();
  const other = (call, user) => (user === call.caller ? call.called : call.caller);
  const say = (user, type, call, rest) => phones.get(user)?.send(JSON.stringify({ type, call, ...rest }));

  const hear = {
    dial(user, id) {
      const called = [...phones.keys()].find((it) => it !== user);
      if (!called) return say(user, 'bye', id, { status: 480 });
      calls.set(id, { caller: user, called, up: false });
      say(called, 'ring', id, { from: user });
      say(user, 'ringing', id);
    },
    answer(user, id) {
      const call = calls.get(id);
      call.up = true;
      for (const each of [call.caller, call.called]) say(each, 'answered', id);
    },
    reject(user, id, { status }) {
      say(calls.get(id).caller, 'bye', id, { status });
      calls.delete(id);
    },
    bye(user, id) {
      const call = calls.get(id);
      say(other(call, user), 'bye', id, call.up ? {} : { status: user === call.caller ? 487 : 480 });
      calls.delete(id);
    },
  };
  server.on('connection', (socket, { url }) => {
    const user = new URL(url, 'ws://pbx').searchParams.get('user');
    phones.set(user, socket);
    socket.on('close', () => phones.get(user) === socket && phones.delete(user));
    socket.on('message', (data) => {
      const { type, call, ...rest } = JSON.parse(data);
      // What comes for a call that is over by now has crossed its end.
      if (type === 'dial' || calls.has(call)) hear[type]?.(user, call, rest);
    });
  });
  const { port } = server.address();
  return {
    server: (user) => `ws://127.0.0.1:${port}/ws?user=${user}`,
    close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

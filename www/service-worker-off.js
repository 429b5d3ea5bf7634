// Takes the place of a service worker that the host has been told to do without, and ends it.

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith('b24 ')) await caches.delete(name);
  await registration.unregister();
})()));

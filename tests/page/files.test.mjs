// The handler page when one of its files does not come, or is not what it should be: a coded entry
// says so, and what can come later does.

import { story, unreachable } from './bench.mjs';

for (const [what, part] of [['the loader', '/assets/boot.'], ['the worker\'s glue', '/assets/worker.']]) {
  story(`${what} fails to load twice: it is told, and comes in the end`, { routes: { [part]: unreachable(2) } }, async (page) => {
    await page.opens();
    await page.error('MODULE_UNREACHABLE');
    await page.is('ready');
  });
}

story('the wasm fails to load once: it is told, and comes in the end', { routes: { '.wasm': unreachable(1) } }, async (page) => {
  await page.opens();
  await page.error('WASM_REFUSED');
  await page.is('ready');
});

story('the wasm is no wasm', {
  routes: { '.wasm': (route) => route.fulfill({ body: 'a proxy\'s login page', contentType: 'application/wasm' }) },
}, async (page) => {
  await page.opens();
  await page.failsWith('WASM_REFUSED', /worker's wasm/);
});

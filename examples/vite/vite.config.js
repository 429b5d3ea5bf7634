// PORT, BX24 (the portal's BX24.js) and LINE can be set in the environment.

import { defineConfig } from 'vite';

import { pbx } from './server/pbx.js';
import { portal } from './server/portal.js';

const { PORT = '3000', BX24 = 'https://api.bitrix24.com/api/v1/', LINE = '+15550100' } = process.env;
const listen = { host: '127.0.0.1', port: Number(PORT), strictPort: true };

export default defineConfig({
  plugins: [portal({ bx24: BX24, line: LINE }), pbx({ line: LINE })],
  // The portal counts each load of the page: it must not reload by itself. Change it, and reload the portal.
  server: { ...listen, hmr: false },
  preview: listen,
  // Taken as it is: its modules lie beside it, and a page whose dependencies Vite bundles anew is reloaded.
  optimizeDeps: { exclude: ['b24-background-worker'] },
  build: { target: 'es2022', rolldownOptions: { input: 'handler.html' } },
});

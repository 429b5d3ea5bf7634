// The call worker of this page: BX24.js and the module are fetched beside each other; all the rest is Rust.

import { loadBx24 } from '/b24/bx24.js';
import init, { run } from '/pkg/call_worker.js';

const { bx24, line } = await (await fetch('/config.json')).json();
await Promise.all([loadBx24(bx24), init()]);
await run(line);

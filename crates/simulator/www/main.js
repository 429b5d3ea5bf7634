// The portal page from the top: draw it, connect it, load the app into its hidden frame,
// and a moment later make the call controller that publishes the placement's interface.

import { AppLayout, onFrameChange, WORKER } from './app-layout.js';
import { drawAppPage } from './app-pages.js';
import { Bus } from './bus.js';
import { CallController } from './call-controller.js';
import { setClock } from './clock.js';
import { drawCrm } from './crm.js';
import { Dock } from './dock.js';
import { h } from './dom.js';
import { controllerReady, obey, report } from './script.js';
import { afterFault, config, connect, post } from './server.js';

const bus = new Bus();
/** Shared by all layouts of the placement, and empty until the call controller exists. */
const placement = { commands: new Map(), events: [] };

setClock(config.clock);
drawCrm(document.getElementById('portal'));
const dock = config.slider ? null : new Dock(document.getElementById('dock'));
onFrameChange(() => {
  dock?.draw();
  report();
});
obey(bus);
connect();

/** The page is drawn and quiet. Its own start must not be on the app's load clock. */
function settled() {
  // Safari has no idle callbacks.
  const idle = (done) => (window.requestIdleCallback ? requestIdleCallback(done, { timeout: 200 }) : setTimeout(done, 50));
  return new Promise((done) => {
    if (document.readyState === 'complete') idle(done);
    else window.addEventListener('load', () => idle(done));
  });
}

/** One hidden frame for every handler of the placement. */
async function loadWorkers() {
  await settled();
  const container = h('div', { id: `intranet-placement-${WORKER}`, style: 'display:none' });
  document.body.append(container);
  const options = { ID: WORKER, URI: location.pathname + location.search };
  for (const row of config.workers) {
    const def = await post('/portal/layout', { user: config.user, placement: WORKER, row, options });
    // Somebody else's handler, or one that is gone: no frame, and nobody is told.
    if (!def.refused) new AppLayout(def, { bus, placement }).init(container);
  }
  report();
}

function makeController() {
  // A slider's document has no call controller: it lives in the top window.
  if (config.slider) return;
  afterFault(({ interfaceNever, interfaceDelayMs }) => (interfaceNever ? Infinity : interfaceDelayMs), () => {
    controllerReady(new CallController({ bus, placement, onChange: report }));
  });
}

makeController();
loadWorkers();
drawAppPage(bus);

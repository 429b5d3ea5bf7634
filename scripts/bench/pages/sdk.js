// A page over the official SDK, bundled as an app's build does.

import { initializeB24Frame } from '@bitrix24/b24jssdk';

globalThis.heard = [];
const { placement } = await initializeB24Frame();
let its = await placement.getInterface();
while (!its?.event?.length) {
  await new Promise((wake) => setTimeout(wake, 100));
  its = await placement.getInterface();
}
// Of an event that comes within 0.9 s of its bind the promise tells, of later ones the callback.
for (const name of EVENTS) {
  placement.bindEvent(name, (data) => globalThis.heard.push([name, data])).then((first) => first?.isSafely || globalThis.heard.push([name, first]));
}

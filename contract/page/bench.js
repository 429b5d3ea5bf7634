// A bench in the page: softphone and far end in a frame each.

import { audioOf } from './audio.js';

/**
 * @param {{ adapter: string, farEnd: string, options?: unknown, farEndOptions?: unknown }} what addresses of modules
 */
export async function open({ adapter, farEnd, options = {}, farEndOptions = options }) {
  const frames = [];
  const frame = async () => {
    const made = document.createElement('iframe');
    const loaded = new Promise((resolve) => (made.onload = resolve));
    Object.assign(made, { src: '/frame', allow: 'microphone; autoplay' });
    document.body.append(made);
    frames.push(made);
    await loaded;
    return made.contentWindow.contract;
  };
  const close = () => frames.forEach((it) => it.remove());
  let far;
  try {
    const { softphone, ...looks } = await (await frame()).openSoftphone({ adapter, options });
    far = await (await frame()).openFarEnd({ farEnd, softphone, options: farEndOptions });
    return {
      ...looks,
      ask: async (method, ...args) => softphone[method](...args),
      has: async (method) => typeof softphone[method] === 'function',
      events: async () => looks.events(),
      farEnd: far,
      audio: (call) => audioOf(softphone, call),
      async close() {
        try {
          // What is registered somewhere signs off: the next story's softphone is to be the only one.
          await Promise.allSettled([softphone.stop?.(), far.close?.()]);
        } finally {
          close();
        }
      },
    };
  } catch (error) {
    await far?.close?.();
    close();
    throw error;
  }
}

// The commands every placement has, whatever it is. Handlers get (params, answer, layout);
// those that never call `answer` are silent in the portal as well.

import { config, post } from './server.js';
import { closeTopApplication, openApplicationSlider, openPathSlider } from './slider.js';
import { toast } from './crm.js';

/** Paths a frame may open; anything else is refused. */
const OPEN_PATHS = [
  /^\/crm\/(deal|lead|contact|company|type)\//,
  /^\/marketplace\//,
  /^\/company\/personal\/user\/\d+\//,
  /^\/workgroups\/group\/\d+\//,
];

export const genericCommands = new Map(Object.entries({
  getInitData(params, answer, { def }) {
    answer({
      LANG: def.lang,
      DOMAIN: location.host,
      PROTOCOL: def.proto,
      PATH: def.restPath,
      AUTH_ID: def.authId,
      AUTH_EXPIRES: def.authExpires,
      REFRESH_ID: def.refreshId,
      MEMBER_ID: def.memberId,
      FIRST_RUN: def.firstRun,
      IS_ADMIN: def.isAdmin,
      INSTALL: def.install,
      USER_OPTIONS: def.userOptions,
      APP_OPTIONS: def.appOptions,
      PLACEMENT: def.placement,
      PLACEMENT_OPTIONS: def.placementOptions,
    });
    def.firstRun = false;
  },

  getInterface(params, answer, { placement }) {
    answer({ command: [...placement.commands.keys()], event: [...placement.events] });
  },

  placementBindEvent(params, answer, layout) {
    layout.bind(params.event, answer);
  },

  async refreshAuth(params, answer, { def }) {
    let pair;
    try {
      pair = await post('/portal/refresh', { user: config.user });
    } catch {
      toast('The portal could not renew the app’s access. The app is not told.');
      return;
    }
    [def.authId, def.authExpires, def.refreshId] = [pair.AUTH_ID, pair.AUTH_EXPIRES, pair.REFRESH_ID];
    answer(pair);
  },

  resizeWindow({ width, height }, answer, { frame }) {
    if (width) frame.style.width = /%$/.test(width) ? width : `${parseInt(width, 10)}px`;
    if (height) frame.style.height = `${parseInt(height, 10)}px`;
    answer({ width, height });
  },

  setTitle(params, answer) {
    document.title = String(params.title);
    answer(params);
  },

  setScroll(params, answer) {
    document.querySelector('.page')?.scrollTo(0, Number(params.scroll) || 0);
    answer(params);
  },

  reloadWindow() {
    location.reload();
  },

  async setUserOption(params, answer, { def }) {
    answer(params);
    def.userOptions = await post('/portal/option', { user: config.user, scope: 'user', name: String(params.name), value: params.value ?? null });
  },

  async setAppOption(params, answer, { def }) {
    if (!def.isAdmin) return;
    def.appOptions = await post('/portal/option', { user: config.user, scope: 'app', name: String(params.name), value: params.value ?? null });
    answer(def.appOptions);
  },

  setInstall(params, answer) {
    answer(params);
    if (params.install) return post('/portal/installed', { user: config.user });
  },

  /** In an installer it ends the installation, and the portal's page opens anew. */
  async setInstallFinish() {
    const { finished } = await post('/portal/install-finish', { user: config.user });
    if (!finished) return post('/portal/installed', { user: config.user });
    const url = new URL(location.href);
    url.searchParams.set('install_finished', 'Y');
    location.assign(url);
  },

  openApplication(params, answer, layout) {
    openApplicationSlider(layout, Array.isArray(params) ? {} : params, () => answer(undefined));
  },

  openPath({ path }, answer, { bus }) {
    if (!OPEN_PATHS.some((allowed) => allowed.test(String(path)))) {
      answer({ result: 'error', errorCode: 'PATH_NOT_AVAILABLE' });
      return;
    }
    openPathSlider(bus, String(path), () => answer({ result: 'close' }));
  },

  closeApplication(params, answer) {
    if (closeTopApplication()) answer(undefined);
  },

  // Dialogs a person may dismiss, and messenger windows: shown as a notice, never answered.
  selectUser: () => toast('The app asks to choose an employee (not part of the simulator)'),
  selectAccess: () => toast('The app asks to choose access rights (not part of the simulator)'),
  selectCRM: () => toast('The app asks to choose a CRM item (not part of the simulator)'),
  showAppForm: () => toast('The app opens its settings form (not part of the simulator)'),
  imCallTo: ({ userId }) => toast(`Messenger: call employee ${userId}`),
  imPhoneTo: ({ phone }) => toast(`Messenger: call ${phone}`),
  imOpenMessenger: ({ dialogId }) => toast(`Messenger: open ${dialogId ?? 'the list'}`),
  imOpenHistory: ({ dialogId }) => toast(`Messenger: history of ${dialogId}`),
}));

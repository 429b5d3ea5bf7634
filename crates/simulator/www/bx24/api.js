// Third part: the object that apps see.

const size = () => ({
  scrollWidth: Math.max(document.documentElement.scrollWidth, document.documentElement.offsetWidth),
  scrollHeight: Math.max(document.documentElement.scrollHeight, document.documentElement.offsetHeight),
});

const BX24 = {
  // start
  init(fn) { whenStarted(fn); },
  install(fn) {
    if (started && portal.firstRun) fn();
    else if (!started) installers.push(fn);
  },
  installFinish() {
    whenStarted(() => { if (portal.install) send('setInstallFinish', {}); });
  },
  ready(fn) {
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', fn);
    else setTimeout(fn, 10);
  },
  bind(element, event, fn) { element.addEventListener(event, fn); },
  unbind(element, event, fn) { element.removeEventListener(event, fn); },

  // who and where
  getAuth,
  refreshAuth,
  getLang: () => portal.lang,
  getDomain: (withScheme) => (withScheme ? origin() : portal.domain),
  isAdmin: () => portal.admin,
  isReady: () => started,
  proxy: (fn, context) => (...args) => fn.apply(context, args),

  // REST
  callMethod,
  callBatch,
  callBind(event, handler, authType, callback) {
    callMethod('event.bind', { event, handler, auth_type: authType || 0 }, callback);
  },
  callUnbind(event, handler, authType, callback) {
    callMethod('event.unbind', { event, handler, auth_type: authType || 0 }, callback);
  },

  // options
  userOption: {
    get: (name) => portal.userOptions[name],
    set(name, value) {
      portal.userOptions = { ...portal.userOptions, [name]: value };
      send('setUserOption', { name, value });
    },
  },
  appOption: {
    get: (name) => portal.appOptions[name],
    set(name, value, callback) {
      whenStarted(() => {
        if (!portal.admin) return;
        send('setAppOption', { name, value }, (options) => {
          portal.appOptions = options;
          if (callback) callback(options);
        });
      });
    },
  },

  // the frame and the portal's page
  resizeWindow(width, height, callback) {
    if (width > 0 && height > 0) send('resizeWindow', { width, height }, callback);
  },
  fitWindow(callback) {
    send('resizeWindow', { width: '100%', height: size().scrollHeight }, callback);
  },
  reloadWindow(callback) { send('reloadWindow', callback); },
  setTitle(title, callback) { send('setTitle', { title: String(title) }, callback); },
  scrollParentWindow(scroll, callback) { send('setScroll', { scroll }, callback); },
  getScrollSize: size,
  openApplication(params, callback) {
    if (typeof params === 'function') [params, callback] = [{}, params];
    send('openApplication', params || {}, callback);
  },
  openPath(path, callback) { send('openPath', { path }, callback); },
  closeApplication(callback) { send('closeApplication', callback); },
  selectUser(...args) { send('selectUser', { mult: false }, args.at(-1)); },
  selectUsers(...args) { send('selectUser', { mult: true }, args.at(-1)); },
  selectAccess(...args) { send('selectAccess', { value: [] }, args.at(-1)); },
  selectCRM(params, callback) { send('selectCRM', params || {}, callback); },

  im: {
    callTo(userId, video) { send('imCallTo', { userId, video: video === undefined ? true : Boolean(video) }); },
    phoneTo(phone) { send('imPhoneTo', { phone }); },
    openMessenger(dialogId) { send('imOpenMessenger', { dialogId }); },
    openHistory(dialogId) { send('imOpenHistory', { dialogId }); },
  },

  placement: {
    info: () => portal.placement,
    getInterface(callback) { send('getInterface', callback); },
    /** Names that exist on BX24 itself go nowhere, silently. */
    call(command, params, callback) {
      if (BX24[command]) return;
      send(command, params, callback);
    },
    bindEvent(event, callback) { send('placementBindEvent', { event }, callback); },
  },
};

window.BX24 = BX24;
})();

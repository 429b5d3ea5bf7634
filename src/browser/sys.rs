//! BX24.js as it is: raw externs, each with `catch`, because `BX24` may be missing, `null`, or throw.
//!
//! Source: [BX24.js](https://apidocs.bitrix24.com/sdk/bx24-js-sdk/index.html).

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = BX24)]
    pub(super) fn init(ready: &Function) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = BX24, js_name = getAuth)]
    pub(super) fn get_auth() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = BX24, js_name = refreshAuth)]
    pub(super) fn refresh_auth(done: &Function) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, js_namespace = BX24, js_name = callMethod)]
    pub(super) fn call_method(
        method: &str,
        params: &JsValue,
        done: &Function,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = BX24, js_name = callBatch)]
    pub(super) fn call_batch(
        calls: &JsValue,
        done: &Function,
        halt_on_error: bool,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["BX24", "placement"], js_name = info)]
    pub(super) fn placement_info() -> Result<Object, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["BX24", "placement"], js_name = getInterface)]
    pub(super) fn placement_get_interface(done: &Function) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["BX24", "placement"], js_name = call)]
    pub(super) fn placement_call(
        command: &str,
        params: &JsValue,
        done: &Function,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["BX24", "placement"], js_name = bindEvent)]
    pub(super) fn placement_bind_event(event: &str, handler: &Function)
    -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = BX24, js_name = openApplication)]
    pub(super) fn open_application(params: &JsValue, closed: &Function)
    -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = BX24, js_name = openPath)]
    pub(super) fn open_path(path: &str, done: &Function) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = BX24, js_name = closeApplication)]
    pub(super) fn close_application(done: &Function) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = BX24, js_name = getLang)]
    pub(super) fn get_lang() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = BX24, js_name = getDomain)]
    pub(super) fn get_domain() -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// The page's ear, see `www/ear.js`.
    pub(super) type Ear;

    #[wasm_bindgen(catch, method)]
    pub(super) fn take(this: &Ear, tell: &Function, bound: &Function) -> Result<(), JsValue>;
}

/// The ear of this page, if it has one.
pub(super) fn ear() -> Option<Ear> {
    let ear = Reflect::get(&js_sys::global(), &"b24Ear".into()).ok()?;
    ear.is_object().then(|| ear.unchecked_into())
}

#[wasm_bindgen]
extern "C" {
    /// What BX24.js hands to the callback of `callMethod`.
    pub(super) type RestResult;

    #[wasm_bindgen(catch, method)]
    pub(super) fn data(this: &RestResult) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn error(this: &RestResult) -> Result<JsValue, JsValue>;

    /// The error inside it; in its words, `getError` is the portal's `{error, error_description}`.
    pub(super) type RestError;

    #[wasm_bindgen(catch, method, js_name = getError)]
    pub(super) fn get_error(this: &RestError) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// A softphone adapter, see `www/softphone.d.ts`.
    #[derive(Clone)]
    pub(super) type Adapter;

    #[wasm_bindgen(catch, method)]
    pub(super) fn start(this: &Adapter, emit: &Function) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn dial(
        this: &Adapter,
        call: &str,
        number: &str,
        options: &Object,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn stop(this: &Adapter) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn answer(this: &Adapter, call: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn reject(this: &Adapter, call: &str, status: u16) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = hangUp)]
    pub(super) fn hang_up(this: &Adapter, call: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = setMuted)]
    pub(super) fn set_muted(this: &Adapter, call: &str, muted: bool) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = setHeld)]
    pub(super) fn set_held(this: &Adapter, call: &str, held: bool) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = sendDtmf)]
    pub(super) fn send_dtmf(this: &Adapter, call: &str, tone: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn transfer(this: &Adapter, call: &str, target: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = completeTransfer)]
    pub(super) fn complete_transfer(
        this: &Adapter,
        call: &str,
        consultation: &str,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = peerConnection)]
    pub(super) fn peer_connection(this: &Adapter, call: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method)]
    pub(super) fn snapshot(this: &Adapter, call: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = takeUp)]
    pub(super) fn take_up(this: &Adapter, snapshots: &js_sys::Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, method, js_name = resolveTarget)]
    pub(super) fn resolve_target(this: &Adapter, target: &JsValue) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// `RTCPeerConnection`, as far as statistics go.
    pub(super) type Connection;

    #[wasm_bindgen(catch, method, js_name = getStats)]
    pub(super) fn get_stats(this: &Connection) -> Result<JsValue, JsValue>;
}

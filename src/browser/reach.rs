//! The way from a tab to its hub: `reach.js`, typed.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser/reach.js")]
extern "C" {
    /// Reaches the hub, and again whenever it was lost.
    pub(super) fn reach(
        name: &str,
        signals: bool,
        worker: &JsValue,
        here: &JsValue,
        reached: &Function,
        heard: &Function,
        failed: &Function,
        outdated: &Function,
    );

    pub(super) type Alive;

    /// Holds a lock for as long as this page lives.
    pub(super) fn alive(name: &str) -> Alive;

    #[wasm_bindgen(method, getter)]
    pub(super) fn ready(this: &Alive) -> Promise;

    #[wasm_bindgen(method)]
    pub(super) fn release(this: &Alive);

    /// Tells when whoever holds a lock is gone.
    pub(super) fn watch(name: &str, gone: &Function);
}

#[wasm_bindgen]
extern "C" {
    /// A `MessagePort`, or what stands for one.
    #[derive(Clone, Debug)]
    pub(super) type Port;

    #[wasm_bindgen(catch, method, js_name = postMessage)]
    pub(super) fn post(this: &Port, message: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, js_name = postMessage)]
    pub(super) fn post_with(
        this: &Port,
        message: &JsValue,
        transfer: &js_sys::Array,
    ) -> Result<(), JsValue>;
}

/// The lock that a tab holds for its page's life.
pub(super) fn lock_of_tab(tab: crate::link::TabId) -> String {
    format!("b24-call-worker tab {:016x}", tab.0)
}

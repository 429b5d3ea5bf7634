//! What a page and a worker have in common: the clock, chance, `fetch`, Web Locks.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    pub(super) fn fetch(url: &str, init: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, js_namespace = performance, js_name = now)]
    pub(super) fn performance_now() -> Result<f64, JsValue>;

    #[wasm_bindgen(thread_local_v2, js_namespace = performance, js_name = timeOrigin)]
    pub(super) static TIME_ORIGIN: f64;

    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &js_sys::Uint8Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(thread_local_v2, js_namespace = location, js_name = protocol)]
    static PROTOCOL: String;

    /// `navigator.locks`, which is missing outside secure contexts.
    ///
    /// Source: [Web Locks](https://w3c.github.io/web-locks/).
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    pub(super) fn request_lock(name: &str, granted: &Function) -> Result<Promise, JsValue>;
}

/// A number nobody else has.
pub(super) fn random() -> u64 {
    let bytes = js_sys::Uint8Array::new_with_length(8);
    if get_random_values(&bytes).is_err() {
        // An old browser: two of these are alike once in 2^52 times.
        return js_sys::Math::random().to_bits();
    }
    let mut number = [0; 8];
    bytes.copy_to(&mut number);
    u64::from_le_bytes(number)
}

/// Whether what runs here was loaded by https.
pub(super) fn is_secure() -> bool {
    PROTOCOL.with(|protocol| protocol == "https:")
}

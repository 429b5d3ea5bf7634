//! What JavaScript throws, and what it is thrown.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

use crate::error::{Error, ErrorKind};
use crate::softphone::EndCause;

/// A sentence for whatever was thrown: an `Error`, a string, or anything at all.
pub(super) fn describe(thrown: &JsValue) -> String {
    if let Some(error) = thrown.dyn_ref::<js_sys::Error>() {
        return String::from(error.message());
    }
    thrown
        .as_string()
        .or_else(|| text_of(thrown, "message"))
        .unwrap_or_else(|| "something that is not an Error was thrown".to_owned())
}

/// A softphone's failure: its `code`, if it gave one, and its sentence.
pub(super) fn end_cause(thrown: &JsValue) -> EndCause {
    let code = text_of(thrown, "code").unwrap_or_else(|| "SOFTPHONE".to_owned());
    EndCause::error(code, describe(thrown))
}

/// BX24.js refused or is not there.
pub(super) fn not_in_placement(what: &str, thrown: &JsValue) -> Error {
    Error::new(
        ErrorKind::NotInPlacement,
        format!(
            "BX24.{what} failed: {}; load BX24.js first, inside a frame of the portal",
            describe(thrown)
        ),
    )
}

#[cfg(feature = "js")]
#[wasm_bindgen(module = "/src/browser/call_card_error.js")]
extern "C" {
    type CallCardError;

    #[wasm_bindgen(constructor)]
    fn new(code: &str, message: &str, cause_code: &str, cause_message: &str) -> CallCardError;
}

/// The error as JavaScript sees it.
#[cfg(feature = "js")]
pub(super) fn to_js(error: &Error) -> JsValue {
    let cause = error.cause();
    let (code, message) = cause.map_or(("", ""), |cause| (cause.code, cause.message));
    CallCardError::new(error.kind().code(), error.detail(), code, message).into()
}

fn text_of(object: &JsValue, key: &str) -> Option<String> {
    let value = object
        .is_object()
        .then(|| Reflect::get(object, &key.into()))?;
    value.ok()?.as_string().filter(|text| !text.is_empty())
}

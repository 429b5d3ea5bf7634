//! REST calls through BX24.js, which is silent on a 5xx and on a lost network.

use std::time::Duration;

use js_sys::Reflect;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::js_error::describe;
use super::patient::{Waited, ask};
use super::placement::to_value;
use super::sys;
use crate::rest::RestFailure;

/// How long a REST call may take before it counts as lost.
const DEADLINE: Duration = Duration::from_secs(10);

/// Calls a REST method (`BX24.callMethod`) and gives its `result`.
///
/// # Errors
/// The portal's code and description; [`RestFailure::TIMEOUT`] when nothing came within 10 s.
pub async fn call_method<P: Serialize>(method: &str, params: &P) -> Result<JsValue, RestFailure> {
    let params = to_value(params).map_err(|error| RestFailure::new("MALFORMED", error.detail()))?;
    call_raw(method, &params).await
}

/// The same, with parameters that are a JavaScript object already.
pub(super) async fn call_raw(method: &str, params: &JsValue) -> Result<JsValue, RestFailure> {
    let waited = ask(DEADLINE, |done| sys::call_method(method, params, done)).await;
    let result: sys::RestResult = answered(waited)?.unchecked_into();
    match result.error() {
        Ok(error) if error.is_falsy() => result.data().map_err(|thrown| broken(&thrown)),
        Ok(error) => Err(failure(&error)),
        Err(thrown) => Err(broken(&thrown)),
    }
}

/// Calls several REST methods at once (`BX24.callBatch`); `calls` maps names to `[method, params]`.
/// Gives what BX24.js gives: an object of result objects.
///
/// # Errors
/// [`RestFailure::TIMEOUT`] when nothing came within 10 s, also when the batch failed as a whole.
pub async fn call_batch<P: Serialize>(
    calls: &P,
    halt_on_error: bool,
) -> Result<JsValue, RestFailure> {
    let calls = to_value(calls).map_err(|error| RestFailure::new("MALFORMED", error.detail()))?;
    answered(
        ask(DEADLINE, |done| {
            sys::call_batch(&calls, done, halt_on_error)
        })
        .await,
    )
}

fn answered(waited: Result<Waited, JsValue>) -> Result<JsValue, RestFailure> {
    match waited {
        Ok(Waited::Answer(result)) if result.is_object() => Ok(result),
        Ok(Waited::Answer(_)) => Err(RestFailure::new("MALFORMED", "the answer is no object")),
        Ok(Waited::Silence) => Err(RestFailure::new(
            RestFailure::TIMEOUT,
            "the portal did not answer within 10 s",
        )),
        Err(thrown) => Err(broken(&thrown)),
    }
}

fn broken(thrown: &JsValue) -> RestFailure {
    RestFailure::new("BX24", describe(thrown))
}

/// The portal's `{error, error_description}`, which BX24.js wraps.
fn failure(error: &JsValue) -> RestFailure {
    let inner = error
        .unchecked_ref::<sys::RestError>()
        .get_error()
        .unwrap_or_else(|_| error.clone());
    let text = |key: &str| {
        Reflect::get(&inner, &key.into())
            .ok()
            .and_then(|value| value.as_string())
    };
    if inner.is_object() {
        RestFailure::new(
            text("error").unwrap_or_else(|| "UNKNOWN".to_owned()),
            text("error_description").unwrap_or_default(),
        )
    } else {
        RestFailure::new(
            inner.as_string().unwrap_or_else(|| "UNKNOWN".to_owned()),
            "",
        )
    }
}

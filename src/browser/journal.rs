//! The hub's journal: `journal.js`, typed.

use std::time::Duration;

use js_sys::{Array, Promise, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use super::from_js::read as read_value;
use super::patient::{Waited, within};
use super::placement::to_value;
use crate::session::Journal;

#[wasm_bindgen(module = "/src/browser/journal.js")]
extern "C" {
    #[wasm_bindgen(js_name = read)]
    fn js_read(name: &str) -> Promise;

    #[wasm_bindgen(js_name = write)]
    fn js_write(name: &str, entries: &JsValue) -> Promise;
}

/// A disk that takes longer holds up no call.
const DEADLINE: Duration = Duration::from_secs(1);

/// What a hub before this one has left.
///
/// # Errors
/// What the browser says where it keeps nothing for this page.
pub(super) async fn read(name: &str) -> Result<Journal, JsValue> {
    let found = match within(DEADLINE, js_read(name)).await? {
        Waited::Answer(found) => found,
        Waited::Silence => return Err("nothing for a second".into()),
    };
    Ok(Journal {
        calls: readable(&found, "calls"),
        finished: readable(&found, "finished"),
        heard: readable(&found, "heard"),
        once: readable(&found, "once"),
    })
}

/// An entry of another version that can't be read is lost, and not its neighbours.
fn readable<T: DeserializeOwned>(journal: &JsValue, key: &str) -> Vec<T> {
    let entries = Reflect::get(journal, &key.into()).unwrap_or_default();
    let entries = entries.dyn_into::<Array>().unwrap_or_default();
    let readable = entries.iter().filter_map(|it| read_value(it).ok());
    readable.collect()
}

/// Keeps this in place of what there was.
///
/// # Errors
/// What the browser says.
pub(super) async fn write(name: &str, journal: &Journal) -> Result<(), JsValue> {
    let journal = to_value(journal).map_err(|error| JsValue::from(error.detail()))?;
    match within(DEADLINE, js_write(name, &journal)).await? {
        Waited::Answer(_) => Ok(()),
        Waited::Silence => Err("nothing for a second".into()),
    }
}

//! `RTCPeerConnection.getStats`, read into plain counters.

use std::time::Duration;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::sys::Connection;
use crate::quality::Counters;

/// Reads the counters of a connection's audio; `None` when there is no connection, or it will not
/// be asked.
pub(super) async fn read(connection: Result<JsValue, JsValue>) -> Option<Counters> {
    let connection = connection.ok().filter(JsValue::is_object)?;
    let asked = connection.unchecked_into::<Connection>().get_stats().ok()?;
    let report = JsFuture::from(asked.dyn_into::<Promise>().ok()?)
        .await
        .ok()?;
    let values: Function = Reflect::get(&report, &"values".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let values = values.call0(&report).ok()?;
    let mut counters = Counters::default();
    for stat in js_sys::try_iter(&values).ok()??.flatten() {
        note(&mut counters, &stat);
    }
    Some(counters)
}

fn note(counters: &mut Counters, stat: &JsValue) {
    let get = |key: &str| Reflect::get(stat, &key.into()).ok();
    let text = |key: &str| get(key).and_then(|value| value.as_string());
    let number = |key: &str| get(key).and_then(|value| value.as_f64());
    let seconds = |key| number(key).and_then(|value| Duration::try_from_secs_f64(value).ok());
    // Counters are whole numbers well below 2^53, and a cast saturates.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = |key| number(key).map(|value| value as u64);
    #[allow(clippy::cast_possible_truncation)]
    let signed = |key| number(key).map(|value| value as i64);
    let audio = text("kind").is_none_or(|kind| kind == "audio");
    match text("type").as_deref() {
        Some("inbound-rtp") if audio => {
            counters.received = count("packetsReceived");
            counters.lost = signed("packetsLost");
            counters.jitter = seconds("jitter");
            counters.buffered = seconds("jitterBufferDelay");
            counters.played = count("jitterBufferEmittedCount");
        }
        Some("outbound-rtp") if audio => counters.sent = count("packetsSent"),
        Some("remote-inbound-rtp") if audio => {
            counters.lost_remotely = signed("packetsLost");
            counters.round_trip = seconds("roundTripTime").or(counters.round_trip);
        }
        Some("candidate-pair") => {
            let known = counters.round_trip;
            counters.round_trip = known.or_else(|| seconds("currentRoundTripTime"));
        }
        Some("media-source") if audio => counters.microphone = number("totalAudioEnergy"),
        _ => {}
    }
}

//! Waiting for JavaScript callbacks, but not for ever.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_channel::oneshot;
use gloo_timers::callback::Timeout;
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What came of a question.
pub(super) enum Waited {
    /// The first argument of the callback's first call.
    Answer(JsValue),
    /// The deadline passed. A later answer goes nowhere.
    Silence,
}

/// Asks with a callback, and waits for it until the deadline.
///
/// The callback is a promise's own `resolve`: BX24.js keeps every callback for ever and the portal
/// may answer twice, so it must cost nothing to keep and be harmless to call again.
///
/// # Errors
/// Whatever `send` threw.
pub(super) async fn ask<T>(
    deadline: Duration,
    send: impl FnOnce(&Function) -> Result<T, JsValue>,
) -> Result<Waited, JsValue> {
    let mut send = Some(send);
    let mut sent = Ok(());
    let mut timer = None;
    let promise = Promise::new(&mut |resolve, reject| {
        if let Some(send) = send.take() {
            sent = send(&resolve).map(drop);
        }
        timer = Some(Timeout::new(millis(deadline), move || {
            // `reject` is the promise's own function: it takes anything and throws nothing.
            let _ = reject.call0(&JsValue::UNDEFINED);
        }));
    });
    sent?;
    let answer = JsFuture::from(promise).await;
    drop(timer);
    Ok(answer.map_or(Waited::Silence, Waited::Answer))
}

/// Waits. Nothing is left of a pause that is given up: a promise that is never kept would hold on to whoever
/// awaits it for ever.
pub(super) async fn pause(duration: Duration) {
    let (sender, receiver) = oneshot::channel();
    let _timer = Timeout::new(millis(duration), move || {
        // Whoever no longer waits does not want to know.
        let _ = sender.send(());
    });
    // The sender lives as long as the timer.
    let _ = receiver.await;
}

/// A browser's timer takes whole milliseconds and at most 2^31 of them.
pub(super) fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis())
        .unwrap_or(u32::MAX)
        .min(i32::MAX as u32)
}

/// Waits for a promise until the deadline.
///
/// # Errors
/// What it was rejected with.
pub(super) async fn within(deadline: Duration, promise: Promise) -> Result<Waited, JsValue> {
    let (sender, receiver) = oneshot::channel();
    let late = pause(deadline);
    spawn_local(async move {
        // Whoever no longer waits does not want to know.
        let _ = sender.send(JsFuture::from(promise).await);
    });
    let mut receiver = receiver;
    let mut late = std::pin::pin!(late);
    std::future::poll_fn(|context| {
        if let Poll::Ready(answer) = Pin::new(&mut receiver).poll(context) {
            return Poll::Ready(
                answer
                    .unwrap_or(Err(JsValue::UNDEFINED))
                    .map(Waited::Answer),
            );
        }
        late.as_mut().poll(context).map(|()| Ok(Waited::Silence))
    })
    .await
}

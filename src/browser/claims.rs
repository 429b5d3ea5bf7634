//! Which of the operator's pages does what all of them have heard of.
//!
//! Each page of a portal has a worker of its own, and they share the browser's Web Locks with nobody
//! else. Whoever gets the lock of a key does the thing and keeps the lock for as long as the page
//! lives, so that a page that hears of it late comes too late. Where there are no locks (the page
//! is no secure context), each page believes itself alone.

use std::time::Duration;

use futures_channel::oneshot;
use js_sys::{Function, Promise};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::patient::pause;
use super::placement::to_value;
use super::sys;

/// How long a page that nobody looks at leaves to the one in front: the call should be where the
/// operator is.
const COURTESY: Duration = Duration::from_millis(300);
/// Held, shared, by each page that registers a call of its own. The portal raises the call's card on
/// all pages, maybe before the page that asked for it learns its name.
const PLACING: &str = "b24-background-worker placing";
/// A page that waits for this lock any longer has lost its way; it goes on without.
const PATIENCE: Duration = Duration::from_secs(15);

/// A lock that is given back when dropped.
pub(super) struct Held(Function);

impl Drop for Held {
    fn drop(&mut self) {
        // A promise's own `resolve` throws nothing.
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

/// Whether this page may do it; of all pages that ask, one may.
pub(super) async fn claim(key: &str) -> bool {
    let hidden = web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.hidden());
    if hidden {
        pause(COURTESY).await;
    }
    // Whoever is about to name a call claims that name first.
    drop(lock(PLACING, ALONE).await);
    own(key).await
}

/// The same without a question: the call is this page's own.
pub(super) async fn own(key: &str) -> bool {
    match lock(&name(key), AT_ONCE).await {
        Locked::Held(held) => {
            // For the page's life: the browser gives it back.
            std::mem::forget(held);
            true
        }
        Locked::Taken => false,
        Locked::Unavailable => true,
    }
}

/// Tells the other pages that a call of this one is about to get its name.
pub(super) async fn placing() -> Option<Held> {
    match lock(PLACING, TOGETHER).await {
        Locked::Held(held) => Some(held),
        Locked::Taken | Locked::Unavailable => None,
    }
}

fn name(key: &str) -> String {
    format!("b24-background-worker {key}")
}

enum Locked {
    Held(Held),
    Taken,
    Unavailable,
}

/// How a lock is asked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manner {
    mode: &'static str,
    /// Or not at all.
    if_available: bool,
}

const AT_ONCE: Manner = Manner {
    mode: "exclusive",
    if_available: true,
};
const ALONE: Manner = Manner {
    mode: "exclusive",
    if_available: false,
};
const TOGETHER: Manner = Manner {
    mode: "shared",
    if_available: false,
};

async fn lock(name: &str, manner: Manner) -> Locked {
    let Ok(manner) = to_value(&manner) else {
        return Locked::Unavailable;
    };
    let (sender, receiver) = oneshot::channel();
    let mut sender = Some(sender);
    let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        if lock.is_null() {
            let _ = sender.take().map(|sender| sender.send(Locked::Taken));
            return JsValue::UNDEFINED;
        }
        // The lock is held until this promise is resolved.
        Promise::new(&mut |release, _| {
            // Whoever no longer waits drops it, and the lock with it.
            let _ = sender
                .take()
                .map(|sender| sender.send(Locked::Held(Held(release))));
        })
        .into()
    });
    let Ok(asked) = sys::request_lock(name, &manner, &granted) else {
        return Locked::Unavailable;
    };
    // The promise fails when locks are refused, e.g. to a page of an opaque origin.
    let refused = JsFuture::from(asked);
    let refused = async move {
        if refused.await.is_err() {
            return;
        }
        std::future::pending::<()>().await;
    };
    first(receiver, refused).await
}

/// The lock, or nothing when it is refused or takes too long.
async fn first(receiver: oneshot::Receiver<Locked>, refused: impl Future<Output = ()>) -> Locked {
    let mut receiver = receiver;
    let mut refused = std::pin::pin!(refused);
    let mut late = std::pin::pin!(pause(PATIENCE));
    std::future::poll_fn(|context| {
        use std::task::Poll;
        if let Poll::Ready(locked) = std::pin::Pin::new(&mut receiver).poll(context) {
            return Poll::Ready(locked.unwrap_or(Locked::Unavailable));
        }
        if refused.as_mut().poll(context).is_ready() || late.as_mut().poll(context).is_ready() {
            return Poll::Ready(Locked::Unavailable);
        }
        Poll::Pending
    })
    .await
}

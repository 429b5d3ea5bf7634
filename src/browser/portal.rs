//! The portal's REST methods, as a hub calls them: through BX24.js where it lives in a page, by
//! `fetch` and the operator's token where it does not.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use js_sys::{Date, Promise, Reflect};
use wasm_bindgen::prelude::*;

use super::patient::{Waited, within};
use super::rest;
use crate::link::Auth;
use crate::rest::RestFailure;

#[wasm_bindgen(module = "/src/browser/rest.js")]
extern "C" {
    fn post(url: &str, params: &JsValue, token: &str, deadline: u32) -> Promise;
}

/// What a REST call gives: its `result`.
pub(super) type Called = Pin<Box<dyn Future<Output = Result<JsValue, RestFailure>>>>;

/// Whoever can call the portal.
pub(super) trait Portal {
    fn call(&self, method: &'static str, params: JsValue) -> Called;

    /// A token has come.
    fn authorize(&self, auth: Auth) {
        let _ = auth;
    }

    /// By how many milliseconds the portal's clock is ahead of this machine's, once it has told the time.
    fn ahead(&self) -> Option<f64> {
        None
    }
}

/// Through BX24.js, which keeps its token fresh by itself.
pub(super) struct ThroughPage;

impl Portal for ThroughPage {
    fn call(&self, method: &'static str, params: JsValue) -> Called {
        Box::pin(async move { rest::call_raw(method, &params).await })
    }
}

/// How long a call may take before it counts as lost.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long a token may take to come.
const TOKEN: Duration = Duration::from_secs(12);

/// By `fetch`, with a token that pages bring.
pub(super) struct ByFetch(Rc<Tokens>);

struct Tokens {
    auth: RefCell<Option<Auth>>,
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
    ahead: Cell<Option<f64>>,
    /// Asks the pages for a fresh one.
    ask: Box<dyn Fn()>,
}

impl ByFetch {
    pub(super) fn new(ask: impl Fn() + 'static) -> Self {
        Self(Rc::new(Tokens {
            auth: RefCell::default(),
            waiting: RefCell::default(),
            ahead: Cell::default(),
            ask: Box::new(ask),
        }))
    }
}

impl Portal for ByFetch {
    fn call(&self, method: &'static str, params: JsValue) -> Called {
        let tokens = Rc::clone(&self.0);
        Box::pin(async move {
            let first = tokens.held().await?;
            match tokens.fetch(&first, method, &params).await {
                Err(failure) if is_stale(&failure) => {
                    let fresh = tokens.fresh(&first).await?;
                    tokens.fetch(&fresh, method, &params).await
                }
                other => other,
            }
        })
    }

    fn authorize(&self, auth: Auth) {
        *self.0.auth.borrow_mut() = Some(auth);
        for waiting in self.0.waiting.take() {
            // Whoever has given up waiting does not want to know.
            let _ = waiting.send(());
        }
    }

    fn ahead(&self) -> Option<f64> {
        self.0.ahead.get()
    }
}

impl Tokens {
    async fn fetch(
        &self,
        auth: &Auth,
        method: &str,
        params: &JsValue,
    ) -> Result<JsValue, RestFailure> {
        let answer = fetch(auth, method, params).await?;
        let get = |of: &JsValue, key: &str| Reflect::get(of, &key.into()).ok();
        let finish = get(&answer, "time").and_then(|time| get(&time, "finish")?.as_f64());
        if let Some(finish) = finish {
            self.ahead.set(Some(finish * 1000.0 - Date::now()));
        }
        Ok(get(&answer, "result").unwrap_or_default())
    }

    /// The token, as soon as there is one.
    async fn held(&self) -> Result<Auth, RestFailure> {
        let held = self.auth.borrow().clone();
        match held {
            Some(auth) => Ok(auth),
            None => self.next().await,
        }
    }

    /// Another token than this one, which holds no longer.
    async fn fresh(&self, stale: &Auth) -> Result<Auth, RestFailure> {
        let held = self.auth.borrow().clone();
        match held {
            Some(auth) if auth != *stale => Ok(auth),
            _ => {
                (self.ask)();
                self.next().await
            }
        }
    }

    async fn next(&self) -> Result<Auth, RestFailure> {
        let (sender, receiver) = oneshot::channel::<()>();
        self.waiting.borrow_mut().push(sender);
        let come = wasm_bindgen_futures::future_to_promise(async move {
            // It is dropped only with all else.
            let _ = receiver.await;
            Ok(JsValue::UNDEFINED)
        });
        // A promise that is always kept.
        let _ = within(TOKEN, come).await;
        let held = self.auth.borrow().clone();
        held.ok_or_else(|| {
            RestFailure::new(
                RestFailure::NO_TOKEN,
                "no page of the portal has brought a token that holds",
            )
        })
    }
}

/// What the portal says of a token that holds no longer.
fn is_stale(failure: &RestFailure) -> bool {
    matches!(
        failure.code.as_str(),
        "expired_token" | "invalid_token" | "NO_AUTH_FOUND"
    )
}

/// Gives the whole answer, which has a `result`.
async fn fetch(auth: &Auth, method: &str, params: &JsValue) -> Result<JsValue, RestFailure> {
    let url = format!("{}{method}.json", auth.endpoint);
    let millis = DEADLINE.as_millis() as u32;
    let answer = match within(DEADLINE, post(&url, params, &auth.access_token, millis)).await {
        Ok(Waited::Answer(answer)) => answer,
        Ok(Waited::Silence) | Err(_) => {
            return Err(RestFailure::new(
                RestFailure::TIMEOUT,
                "the portal did not answer within 10 s",
            ));
        }
    };
    let text = |key: &str| {
        let value = Reflect::get(&answer, &key.into()).ok()?;
        value.as_string()
    };
    match text("error") {
        Some(code) => Err(RestFailure::new(
            code,
            text("error_description").unwrap_or_default(),
        )),
        None => Ok(answer),
    }
}

//! The softphone's side: a small trait for Rust, and the JavaScript adapter that implements it.

use std::future::Future;
use std::pin::Pin;
use std::rc::Weak;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::driver::Driver;
use super::js_error::end_cause;
use super::placement::to_value;
use super::stats;
use super::sys::Adapter;
use crate::card::TransferTarget;
use crate::quality::Counters;
use crate::session::Input;
use crate::softphone::{EndCause, PhoneAction, PhoneActionKind, PhoneCallId, PhoneEvent};

/// What a softphone promises: done, or why not.
pub type Done = Pin<Box<dyn Future<Output = Result<(), EndCause>>>>;

/// What to dial, or why that can't be said.
pub type Resolved = Pin<Box<dyn Future<Output = Result<String, EndCause>>>>;

/// What WebRTC has counted, if that is known.
pub type Counted = Pin<Box<dyn Future<Output = Option<Counters>>>>;

/// A softphone, as the worker drives it. The rules are those of `www/softphone.d.ts`.
pub trait Softphone {
    /// Connects and registers; from now on it tells what happens through `emitter`. Called once.
    fn start(&self, emitter: Emitter) -> Done;

    /// Does what is asked of one call. The asking itself must happen before this returns, so that
    /// the order of actions is kept; what it takes to finish is in the future.
    fn act(&self, action: &PhoneAction) -> Done;

    /// What WebRTC has counted for a call; `None` if this softphone can't say, then it is not
    /// asked again for this call.
    fn counters(&self, call: &PhoneCallId) -> Counted {
        let _ = call;
        Box::pin(async { None })
    }

    /// The number to dial for what the operator has picked as a transfer's target: a user's id or
    /// a phone number. Unless a softphone knows better it is dialled as it is.
    fn resolve(&self, target: &TransferTarget) -> Resolved {
        let target = target.target.clone();
        Box::pin(async { Ok(target) })
    }
}

/// A softphone's way to tell the worker what happens. Clones tell the same worker; after the
/// worker is dropped they tell nobody.
#[derive(Clone)]
pub struct Emitter(pub(super) Weak<Driver>);

impl Emitter {
    /// Tells it. The worker only queues it, so this may be called from anywhere.
    pub fn emit(&self, event: PhoneEvent) {
        if let Some(driver) = self.0.upgrade() {
            driver.push(Input::Phone(event));
        }
    }

    fn emit_js(&self, event: JsValue) {
        let Some(driver) = self.0.upgrade() else {
            return;
        };
        match PhoneEvent::parse(serde_wasm_bindgen::Deserializer::from(event)) {
            Ok(event) => driver.push(Input::Phone(event)),
            Err(error) => driver.report(error),
        }
    }
}

/// A softphone written in JavaScript: any object with the methods of `www/softphone.d.ts`.
pub struct JsSoftphone(Adapter);

impl JsSoftphone {
    /// Takes an adapter as it is; what it lacks shows when it is asked for.
    #[must_use]
    pub fn new(adapter: JsValue) -> Self {
        Self(adapter.unchecked_into())
    }
}

impl Softphone for JsSoftphone {
    fn start(&self, emitter: Emitter) -> Done {
        let emit = Closure::<dyn Fn(JsValue)>::new(move |event| emitter.emit_js(event));
        // The adapter keeps it as long as it likes; the garbage collector frees it.
        let emit: Function = emit.into_js_value().unchecked_into();
        settled(self.0.start(&emit))
    }

    fn act(&self, action: &PhoneAction) -> Done {
        let (adapter, call) = (&self.0, action.call.0.as_str());
        settled(match &action.kind {
            PhoneActionKind::Dial {
                number,
                line,
                consultation_for,
            } => {
                let options = Object::new();
                let consultation = consultation_for.as_ref().map(|call| &call.0);
                for (key, value) in [("line", line.as_ref()), ("consultationFor", consultation)] {
                    if let Some(value) = value {
                        // Setting a property of a fresh, ordinary object can't fail.
                        let _ = Reflect::set(&options, &key.into(), &value.into());
                    }
                }
                adapter.dial(call, number, &options)
            }
            PhoneActionKind::Answer => adapter.answer(call),
            PhoneActionKind::Reject { status } => adapter.reject(call, *status),
            PhoneActionKind::HangUp => adapter.hang_up(call),
            PhoneActionKind::SetMuted(muted) => adapter.set_muted(call, *muted),
            PhoneActionKind::SetHeld(held) => adapter.set_held(call, *held),
            PhoneActionKind::SendDtmf(tone) => adapter.send_dtmf(call, &tone.as_char().to_string()),
            PhoneActionKind::Transfer { .. } | PhoneActionKind::CompleteTransfer { .. }
                if !has_method(adapter, action.kind.method()) =>
            {
                let cause = EndCause::error("UNSUPPORTED", "This softphone can't transfer calls");
                return Box::pin(async { Err(cause) });
            }
            PhoneActionKind::Transfer { target } => adapter.transfer(call, target),
            PhoneActionKind::CompleteTransfer { consultation } => {
                adapter.complete_transfer(call, &consultation.0)
            }
        })
    }

    fn counters(&self, call: &PhoneCallId) -> Counted {
        if !has_method(&self.0, "peerConnection") {
            return Box::pin(async { None });
        }
        let connection = self.0.peer_connection(&call.0);
        // A call that has no connection yet, or no longer, is asked again.
        Box::pin(async move { Some(stats::read(connection).await.unwrap_or_default()) })
    }

    fn resolve(&self, target: &TransferTarget) -> Resolved {
        let unresolved = target.target.clone();
        if !has_method(&self.0, "resolveTarget") {
            return Box::pin(async { Ok(unresolved) });
        }
        // Our own type: strings and nothing else.
        let target = to_value(target).unwrap_or_default();
        let returned = self.0.resolve_target(&target);
        Box::pin(async move {
            let value = match returned {
                Ok(value) => match value.dyn_into::<Promise>() {
                    Ok(promise) => JsFuture::from(promise).await,
                    Err(value) => Ok(value),
                },
                Err(thrown) => Err(thrown),
            };
            let value = value.map_err(|thrown| end_cause(&thrown))?;
            value.as_string().ok_or_else(|| {
                EndCause::error("SOFTPHONE", "resolveTarget did not answer with a number")
            })
        })
    }
}

fn has_method(adapter: &JsValue, name: &str) -> bool {
    Reflect::get(adapter, &name.into()).is_ok_and(|value| value.is_function())
}

/// What a method returned: a promise to wait for, a value to ignore, or something thrown.
fn settled(returned: Result<JsValue, JsValue>) -> Done {
    Box::pin(async move {
        let result = match returned {
            Ok(value) => match value.dyn_into::<Promise>() {
                Ok(promise) => JsFuture::from(promise).await.map(drop),
                Err(_) => Ok(()),
            },
            Err(thrown) => Err(thrown),
        };
        result.map_err(|thrown| end_cause(&thrown))
    })
}

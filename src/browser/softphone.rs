//! The softphone's side: a small trait for Rust, and the JavaScript adapter that implements it.

use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::driver::Driver;
use super::from_js::FromJs;
use super::js_error::end_cause;
use super::placement::to_value;
use super::stats;
use super::sys::Adapter;
use crate::card::TransferTarget;
use crate::error::Error;
use crate::quality::Counters;
use crate::softphone::{EndCause, KeptCall, PhoneAction, PhoneActionKind, PhoneCallId, PhoneEvent};

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

    /// What another softphone must know to take this call up, should this one be gone. Asked for anew
    /// after each event of the call, and while it is up once a second.
    fn keep(&self, call: &PhoneCallId) -> Option<KeptCall> {
        let _ = call;
        None
    }

    /// Takes up calls that another softphone has left: tells of each that it is connected, or has ended.
    fn take_up(&self, calls: &[KeptCall]) -> Done {
        let _ = calls;
        let text = "This softphone can't take up the calls of another page";
        Box::pin(async move { Err(EndCause::error(EndCause::PAGE_GONE, text)) })
    }

    /// Ends all calls but those that another softphone can take up, and signs off, for good.
    fn stop(&self) -> Done {
        Box::pin(async { Ok(()) })
    }

    /// The number to dial for what the operator has picked as a transfer's target: a user's id or
    /// a phone number. Unless a softphone knows better it is dialled as it is.
    fn resolve(&self, target: &TransferTarget) -> Resolved {
        let target = target.target.clone();
        Box::pin(async { Ok(target) })
    }
}

/// A softphone that was made, or why it could not be.
pub type Made = Pin<Box<dyn Future<Output = Result<Rc<dyn Softphone>, EndCause>>>>;

/// Where softphones come from: whenever a page gets the seat it makes one anew.
pub(super) trait Softphones {
    fn make(&self) -> Made;

    /// Whether there are any: a worker has other uses than calls.
    fn are_there(&self) -> bool {
        true
    }

    /// Whether another one can be made after the last was stopped.
    fn may_start_again(&self, tell: &dyn Fn(bool)) {
        let _ = tell;
    }

    /// Serves the media of a softphone whose signalling is in the hub.
    fn media(&self) -> Served {
        let text = "this page has no media for a softphone in the hub";
        Box::pin(async move { Err(EndCause::error("SOFTPHONE", text)) })
    }
}

/// What serves the hub's softphone in this page.
pub(super) struct Media {
    /// Behind which the media is.
    pub(super) port: JsValue,
    /// What the hub needs to make the softphone: its module and its options.
    pub(super) phone: JsValue,
    stop: Option<Function>,
}

/// Media that is served, or why it is not.
pub(super) type Served = Pin<Box<dyn Future<Output = Result<Media, EndCause>>>>;

impl Media {
    #[cfg(feature = "js")]
    pub(super) fn new(served: &JsValue) -> Self {
        let get = |key: &str| Reflect::get(served, &key.into()).unwrap_or_default();
        Self {
            port: get("port"),
            phone: get("phone"),
            stop: get("stop").dyn_into().ok(),
        }
    }

    /// Lets microphone and speaker go.
    pub(super) fn stop(&self) {
        let stopped = self
            .stop
            .as_ref()
            .map(|stop| stop.call0(&JsValue::UNDEFINED));
        if let Some(Err(thrown)) = stopped {
            web_sys::console::error_2(&"the media of the softphone did not stop".into(), &thrown);
        }
    }
}

/// What a function of JavaScript gave: a value, or a promise of one.
pub(super) async fn awaited(returned: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    match returned?.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await,
        Err(value) => Ok(value),
    }
}

/// Softphones of Rust.
pub(super) struct MadeBy<Make>(pub(super) Make);

impl<S: Softphone + 'static, Make: Fn() -> S> Softphones for MadeBy<Make> {
    fn make(&self) -> Made {
        let phone: Rc<dyn Softphone> = Rc::new(self.0());
        Box::pin(async { Ok(phone) })
    }
}

/// No softphone: the worker is for all the rest.
pub(super) struct NoSoftphone;

impl Softphones for NoSoftphone {
    fn make(&self) -> Made {
        // The hub asks no page that has said it can't.
        Box::pin(async { Err(EndCause::error("SOFTPHONE", "There is no softphone")) })
    }

    fn are_there(&self) -> bool {
        false
    }
}

/// A softphone's way to tell the worker what happens. Clones tell the same worker; after the
/// worker is dropped, or another softphone has taken its place, they tell nobody.
#[derive(Clone)]
pub struct Emitter(Rc<dyn Fn(Result<PhoneEvent, Error>)>);

impl Emitter {
    pub(super) fn new(tell: impl Fn(Result<PhoneEvent, Error>) + 'static) -> Self {
        Self(Rc::new(tell))
    }

    pub(super) fn in_page(driver: Weak<Driver>, run: u64) -> Self {
        Self::new(move |event| match (event, driver.upgrade()) {
            (Ok(event), Some(driver)) => driver.phone_says(run, event),
            (Err(error), Some(driver)) => driver.report(error),
            (_, None) => {}
        })
    }

    /// Tells it. The worker only queues it, so this may be called from anywhere.
    pub fn emit(&self, event: PhoneEvent) {
        (self.0)(Ok(event));
    }

    fn emit_js(&self, event: JsValue) {
        (self.0)(PhoneEvent::parse(FromJs(event)));
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
                headers,
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
                if !headers.is_empty() {
                    // Our own type: strings and nothing else.
                    let headers = to_value(headers).unwrap_or_default();
                    let _ = Reflect::set(&options, &"headers".into(), &headers);
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

    fn stop(&self) -> Done {
        if !has_method(&self.0, "stop") {
            return Box::pin(async { Ok(()) });
        }
        settled(self.0.stop())
    }

    fn keep(&self, call: &PhoneCallId) -> Option<KeptCall> {
        if !has_method(&self.0, "takeUp") {
            return None;
        }
        let snapshot = self.0.snapshot(&call.0).ok()?;
        // Of a call that can't be taken up there is none.
        let snapshot = snapshot.is_object().then(|| JSON::stringify(&snapshot));
        Some(KeptCall {
            call_id: call.clone(),
            snapshot: snapshot?.ok()?.into(),
        })
    }

    fn take_up(&self, calls: &[KeptCall]) -> Done {
        let snapshots = calls.iter();
        let snapshots = snapshots.filter_map(|call| JSON::parse(&call.snapshot).ok());
        settled(self.0.take_up(&snapshots.collect::<Array>()))
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
            let value = awaited(returned).await;
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
        let result = awaited(returned).await.map(drop);
        result.map_err(|thrown| end_cause(&thrown))
    })
}

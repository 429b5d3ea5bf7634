//! The way to the PBX, which is server.mjs: calls come as server-sent events, what is asked goes there by POST.

use b24_background_worker::browser::{Done, Emitter};
use b24_background_worker::softphone::{EndCause, PhoneEvent};
use serde_json::{Deserializer, Value};
use wasm_bindgen::convert::FromWasmAbi;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, EventSource, MessageEvent, RequestInit, Response, console, js_sys::Function};

pub(crate) struct Pbx(EventSource);

impl Pbx {
    /// From now on it tells what happens to calls.
    pub(crate) fn open(emitter: Emitter) -> Result<Self, JsValue> {
        let source = EventSource::new("/pbx")?; // which tries again by itself
        let registered = emitter.clone();
        source.set_onopen(Some(&listener(move |_: Event| {
            registered.emit(PhoneEvent::Registered);
        })));
        let unregistered = emitter.clone();
        source.set_onerror(Some(&listener(move |_: Event| {
            let text = Some("the PBX can't be reached".to_owned());
            unregistered.emit(PhoneEvent::Unregistered { text });
        })));
        source.set_onmessage(Some(&listener(move |message: MessageEvent| {
            let text = message.data().as_string().unwrap_or_default();
            match PhoneEvent::parse(&mut Deserializer::from_str(&text)) {
                Ok(event) => emitter.emit(event), // incoming, progress, connected, muted, held, ended
                Err(error) => console::error_1(&error.to_string().into()),
            }
        })));
        Ok(Self(source))
    }

    pub(crate) fn close(&self) {
        self.0.close();
    }
}

/// Asks at once, so that the order is kept; it is done when the PBX has answered.
pub(crate) fn ask(what: &Value) -> Done {
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_body(&what.to_string().into());
    let answer = web_sys::window()
        .expect("softphones live in a page")
        .fetch_with_str_and_init("/pbx", &options);
    Box::pin(async move {
        let answer = JsFuture::from(answer).await.map(Response::from);
        match answer {
            Ok(response) if response.ok() => Ok(()),
            Ok(response) => Err(EndCause::error(
                "PBX",
                format!("the PBX answered {}", response.status()),
            )),
            Err(_) => Err(EndCause::error("PBX", "the PBX can't be reached")),
        }
    })
}

/// For JavaScript, whose garbage collector frees it.
fn listener<E: FromWasmAbi + 'static>(heard: impl Fn(E) + 'static) -> Function {
    Closure::<dyn Fn(E)>::new(heard)
        .into_js_value()
        .unchecked_into()
}

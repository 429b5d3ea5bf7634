//! Who listens to what, in JavaScript, and what they are told.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Function, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::driver::Driver;
use super::exports::CallCard;
use super::js_error::to_js;
use super::patient::pause;
use super::placement::to_value;
use crate::session::News;
use crate::tab::TabEvent;

/// What there is to listen to.
pub(super) const EVENTS: [&str; 10] = [
    "cardinitialized",
    "cardclosed",
    "cardevent",
    "callchanged",
    "callended",
    "callrecorded",
    "registration",
    "quality",
    "signal",
    "error",
];

/// Who listens to what. What happens before anybody can listen is told as soon as somebody can.
#[derive(Default)]
pub(super) struct Listeners {
    entries: RefCell<Vec<(u64, String, Function)>>,
    next: Cell<u64>,
    open: Cell<bool>,
    early: RefCell<Vec<(&'static str, JsValue)>>,
}

impl Listeners {
    pub(super) fn add(&self, event: String, listener: Function) -> u64 {
        let id = self.next.get();
        self.next.set(id + 1);
        self.entries.borrow_mut().push((id, event, listener));
        id
    }

    pub(super) fn remove(&self, id: u64) {
        self.entries.borrow_mut().retain(|entry| entry.0 != id);
    }

    /// Whoever has awaited `start` listens by the next task.
    pub(super) fn open_soon(self: &Rc<Self>) {
        let listeners = Rc::clone(self);
        spawn_local(async move {
            pause(Duration::ZERO).await;
            listeners.open.set(true);
            for (name, detail) in listeners.early.take() {
                listeners.call(name, &detail);
            }
        });
    }

    pub(super) fn tell(&self, driver: &Rc<Driver>, event: TabEvent) {
        let (name, detail) = translate(driver, event);
        // Errors have a listener from the beginning on, who wants to know at once.
        if self.open.get() || (name == "error" && !self.entries.borrow().is_empty()) {
            self.call(name, &detail);
        } else {
            self.early.borrow_mut().push((name, detail));
        }
    }

    fn call(&self, name: &str, detail: &JsValue) {
        // Called with nothing borrowed: a listener may listen to more, or stop listening.
        let called: Vec<Function> = {
            let entries = self.entries.borrow();
            let named = entries.iter().filter(|(_, event, _)| event == name);
            named.map(|(_, _, listener)| listener.clone()).collect()
        };
        for listener in called {
            if let Err(thrown) = listener.call1(&JsValue::UNDEFINED, detail) {
                // The application's bug must not become the call's.
                web_sys::console::error_2(&"a listener of the call worker threw".into(), &thrown);
            }
        }
    }
}

fn translate(driver: &Rc<Driver>, event: TabEvent) -> (&'static str, JsValue) {
    match event {
        TabEvent::CardInitialized { card: handle, call } => {
            let driver = Rc::clone(driver);
            let card = CallCard { handle, driver };
            let detail = object(&[("card", card.into()), ("call", to_js_value(&call))]);
            ("cardinitialized", detail)
        }
        TabEvent::CardClosed { call_id } => {
            ("cardclosed", object(&[("callId", call_id.as_str().into())]))
        }
        TabEvent::Card(event) => ("cardevent", to_js_value(&event)),
        TabEvent::CallChanged(call) => ("callchanged", object(&[("call", to_js_value(&call))])),
        TabEvent::Registration { registered } => {
            ("registration", object(&[("registered", registered.into())]))
        }
        TabEvent::News(News::CallEnded(end)) => ("callended", to_js_value(&end)),
        TabEvent::News(News::CallRecorded { end, record }) => {
            let detail = to_js_value(&end);
            // Setting a property of a fresh, ordinary object can't fail.
            let _ = Reflect::set(&detail, &"record".into(), &to_js_value(&record));
            ("callrecorded", detail)
        }
        TabEvent::News(News::Quality(quality)) => ("quality", to_js_value(&quality)),
        TabEvent::News(News::Signal { name, params }) => {
            // The hub wrote it: it is JSON.
            let params = js_sys::JSON::parse(&params).unwrap_or_default();
            let detail = object(&[("command", name.as_str().into()), ("params", params)]);
            ("signal", detail)
        }
        TabEvent::News(News::Error(error)) => ("error", to_js(&error)),
    }
}

pub(super) fn object(entries: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        // Setting a property of a fresh, ordinary object can't fail.
        let _ = Reflect::set(&object, &(*key).into(), value);
    }
    object.into()
}

pub(super) fn to_js_value<T: Serialize>(value: &T) -> JsValue {
    // Our own types: strings, numbers, flags and lists of them always serialize.
    to_value(value).unwrap_or_default()
}

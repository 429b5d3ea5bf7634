//! The portal's page: greeted, its card's events bound, its life followed.

use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::driver::Driver;
use super::from_js::FromJs;
use super::js_error::describe;
use super::patient::pause;
use super::placement;
use super::sys::{self, Ear};
use crate::card::{CardEvent, EventName};
use crate::error::{Error, ErrorKind};
use crate::tab::{Input, Tab};

/// How often the portal's interface is asked for: soon at first, then patiently.
const PROBE_FIRST: Duration = Duration::from_millis(100);
const PROBE_LAST: Duration = Duration::from_secs(5);
/// After this many probes without the events a person should know.
const PROBES_BEFORE_ALARM: u32 = 12;
/// For as long as they take, with an ear that asks.
const ALARM: Duration = Duration::from_secs(40);

/// Waits for the portal, for as long as it takes: a page that is slow is no failed page.
pub(super) async fn greet_portal(driver: &Rc<Driver>) -> Result<(), Error> {
    loop {
        match placement::init().await {
            Err(error) if error.kind() == ErrorKind::ReplyTimeout => driver.report(error),
            other => return other,
        }
    }
}

/// Hears the card's events for the page's life: by the page's ear, which has listened since before there was
/// a worker, or else by BX24.js.
pub(super) async fn hear_events(driver: Weak<Driver>) {
    match sys::ear() {
        Some(ear) => take_over(&ear, driver).await,
        None => bind_events(driver).await,
    }
}

async fn take_over(ear: &Ear, driver: Weak<Driver>) {
    let bound = Rc::new(Cell::new(false));
    let tell = {
        let driver = driver.clone();
        Closure::<dyn Fn(String, JsValue)>::new(move |name: String, payload: JsValue| {
            let event = EventName::ALL.into_iter().find(|it| it.wire() == name);
            if let Some(event) = event {
                heard(&driver, event, payload);
            }
        })
    };
    let on_bound = {
        let (driver, bound) = (driver.clone(), Rc::clone(&bound));
        Closure::<dyn Fn()>::new(move || {
            bound.set(true);
            if let Some(driver) = driver.upgrade() {
                driver.push(Input::Telephony(true));
            }
        })
    };
    // The ear keeps them for the page's life.
    let (tell, on_bound) = (tell.into_js_value(), on_bound.into_js_value());
    let taken = ear.take(tell.unchecked_ref(), on_bound.unchecked_ref());
    if let (Err(thrown), Some(driver)) = (taken, driver.upgrade()) {
        driver.report(Error::new(ErrorKind::InterfaceMissing, describe(&thrown)));
    }
    pause(ALARM).await;
    if let Some(driver) = driver.upgrade().filter(|_| !bound.get()) {
        complain(&driver);
    }
}

/// Who has no softphone may do without cards.
fn complain(driver: &Rc<Driver>) {
    if driver.has_softphone() {
        driver.report(Error::new(
            ErrorKind::InterfaceMissing,
            "the portal page has not published the call card's events: no telephony on this \
             page, or the page is a slider; the worker keeps asking",
        ));
    }
}

fn heard(driver: &Weak<Driver>, event: EventName, payload: JsValue) {
    let Some(driver) = driver.upgrade() else {
        return;
    };
    match CardEvent::parse(event, FromJs(payload)) {
        Ok(event) => driver.push(Input::Card(event)),
        Err(error) => driver.report(error),
    }
}

/// Binds each of the card's events once, as soon as the page has published them all. What BX24.js
/// throws meanwhile is told, and tried again: of a card whose events are not bound nothing is ever heard.
async fn bind_events(driver: Weak<Driver>) {
    let mut unbound = EventName::ALL.to_vec();
    let mut wait = PROBE_FIRST;
    let mut told = false;
    for probe in 1_u32.. {
        let complete = placement::is_interface_complete().await;
        let Some(driver) = driver.upgrade() else {
            return;
        };
        let outcome = match complete {
            Ok(true) => bind_each(&mut unbound, &driver),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) if unbound.is_empty() => return driver.push(Input::Telephony(true)),
            Ok(()) if probe == PROBES_BEFORE_ALARM => complain(&driver),
            Err(error) if !told => {
                told = true;
                driver.report(error);
            }
            Ok(()) | Err(_) => {}
        }
        drop(driver);
        pause(wait).await;
        wait = (wait * 2).min(PROBE_LAST);
    }
}

/// Binds those that are not bound yet: the portal knows no unbinding, and tells twice what is bound twice.
fn bind_each(unbound: &mut Vec<EventName>, driver: &Rc<Driver>) -> Result<(), Error> {
    let mut outcome = Ok(());
    unbound.retain(|event| match bind(*event, driver) {
        Ok(()) => false,
        Err(error) => {
            outcome = Err(error);
            true
        }
    });
    outcome
}

fn bind(event: EventName, driver: &Rc<Driver>) -> Result<(), Error> {
    let driver = Rc::downgrade(driver);
    let handler = Closure::<dyn Fn(JsValue)>::new(move |payload: JsValue| {
        heard(&driver, event, payload);
    });
    // The portal knows no unbinding: BX24.js keeps the handler for the page's life.
    let handler: Function = handler.into_js_value().unchecked_into();
    placement::bind(event, &handler)
}

/// What becomes of the page. `pagehide`, not `unload`: it also comes when the page goes into the
/// back/forward cache.
pub(super) fn listen_to_page(driver: &Rc<Driver>) {
    let Some((window, document)) =
        web_sys::window().and_then(|it| Some((it.clone(), it.document()?)))
    else {
        return;
    };
    let looked_at: fn(&Rc<Driver>) = |driver| {
        let document = web_sys::window().and_then(|window| window.document());
        let hidden = document.is_some_and(|document| document.hidden());
        driver.push(Input::Visible(!hidden));
    };
    let back: fn(&Rc<Driver>) = |driver| {
        if driver.with_tab(Tab::is_left).unwrap_or_default() {
            driver.back();
        }
    };
    looked_at(driver);
    let of_window: &web_sys::EventTarget = &window;
    let of_document: &web_sys::EventTarget = &document;
    for (target, event, act) in [
        (of_window, "pagehide", Driver::leave as fn(&Rc<Driver>)),
        (of_window, "pageshow", back),
        (of_document, "visibilitychange", looked_at),
        (of_document, "freeze", Driver::leave),
        (of_document, "resume", back),
    ] {
        let driver = Rc::downgrade(driver);
        let handler = Closure::<dyn Fn()>::new(move || {
            if let Some(driver) = driver.upgrade() {
                act(&driver);
            }
        });
        let handler: Function = handler.into_js_value().unchecked_into();
        // Only an invalid event name or handler is refused.
        let _ = target.add_event_listener_with_callback(event, &handler);
    }
}

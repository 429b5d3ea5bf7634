//! The hub's class, for `www/hub/hub.js`. It only translates.

use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::hub_driver::HubDriver;
use super::portal::ByFetch;
use super::reach::Port;
use super::softphone::JsSoftphone;
use crate::error::{Error, ErrorKind};
use crate::hub::{Input, PhonePlace};

/// The hub of one browser, portal and operator.
#[wasm_bindgen]
pub struct Hub(Rc<HubDriver>);

#[wasm_bindgen]
impl Hub {
    /// Starts the hub of this name. `phone`: whether a softphone's signalling will live here (see
    /// [`Hub::adopt`]); else each softphone lives whole in a tab. `signals`: whether a backend's are
    /// listened to.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(name: &str, phone: bool, signals: bool) -> Self {
        console_error_panic_hook::set_once();
        let place = if phone {
            PhonePlace::Hub
        } else {
            PhonePlace::Seat
        };
        Self(HubDriver::start(
            name,
            place,
            |driver| {
                let driver = Rc::downgrade(driver);
                Box::new(ByFetch::new(move || {
                    if let Some(driver) = driver.upgrade() {
                        driver.push(Input::WantsAuth);
                    }
                }))
            },
            signals,
        ))
    }

    /// What a tab has posted.
    pub fn receive(&self, port: JsValue, data: &JsValue) {
        self.0.receive(&port.unchecked_into::<Port>(), data);
    }

    /// Takes the softphone whose signalling lives here, and starts it. `seat` is called with the tab
    /// that has its media from now on, or with nothing when none has.
    pub fn adopt(&self, softphone: JsValue, seat: Function) {
        self.0.adopt(Rc::new(JsSoftphone::new(softphone)), seat);
    }

    /// Tells the tabs what went wrong with the softphone without ending a call.
    pub fn report(&self, code: &str, message: &str) {
        let detail = format!("{code}: {message}");
        let error = Error::new(ErrorKind::Softphone, detail).because(code, message);
        self.0.push(Input::Failed(error));
    }

    /// The softphone's calls are spoken in another page now.
    pub fn moved(&self) {
        self.0.moved();
    }

    /// Whether nothing would be lost if this hub ended now.
    #[wasm_bindgen(getter, js_name = isIdle)]
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.0.is_idle()
    }

    /// Ends every call, the customer first, and sends what is owed. Kept when the journal says so: the
    /// next hub would do again what it finds there.
    pub fn leave(&self) -> Promise {
        self.0.push(Input::Leave);
        self.0.written()
    }
}

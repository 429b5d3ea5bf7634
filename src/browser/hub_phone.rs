//! The softphone whose signalling lives in the hub.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen_futures::spawn_local;

use super::hub_driver::HubDriver;
use super::softphone::{Emitter, Softphone};
use crate::error::{Error, ErrorKind};
use crate::hub::{Hub, Input};

impl HubDriver {
    /// The softphone whose signalling lives here; `seat` is told which tab has its media.
    pub(super) fn adopt(self: &Rc<Self>, softphone: Rc<dyn Softphone>, seat: Function) {
        let driver = Rc::downgrade(self);
        let run = self.run.get() + 1;
        self.run.set(run);
        let emitter = Emitter::new(move |event| {
            // One that another has taken the place of says nothing any more.
            if let Some(driver) = driver.upgrade().filter(|it| it.run.get() == run) {
                driver.push(match event {
                    Ok(event) => Input::Phone(event),
                    Err(error) => Input::Failed(error),
                });
            }
        });
        *self.seat.borrow_mut() = Some(seat);
        *self.softphone.borrow_mut() = Some(Rc::clone(&softphone));
        self.tell_seat(self.engine.with(Hub::seat).map(|seat| seat.tab));
        let driver = Rc::downgrade(self);
        spawn_local(async move {
            if let (Err(cause), Some(driver)) = (softphone.start(emitter).await, driver.upgrade()) {
                let code = cause.code.unwrap_or_default();
                let text = cause.text.unwrap_or_default();
                let detail = format!("the softphone did not start ({code}): {text}");
                driver.push(Input::Failed(Error::new(ErrorKind::Softphone, detail)));
            }
        });
    }

    /// Whether nothing is owed to anybody.
    pub(super) fn is_idle(&self) -> bool {
        self.engine.with(Hub::is_idle)
    }
}

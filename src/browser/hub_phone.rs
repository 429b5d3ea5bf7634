//! The softphone whose signalling lives in the hub.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen_futures::spawn_local;

use super::hub_driver::HubDriver;
use super::softphone::{Emitter, Softphone};
use crate::hub::{Hub, Input};
use crate::softphone::{KeptCall, PhoneEvent};

impl HubDriver {
    /// The softphone whose signalling lives here; `seat` is told which tab has its media.
    pub(super) fn adopt(self: &Rc<Self>, softphone: Rc<dyn Softphone>, seat: Function) {
        let driver = Rc::downgrade(self);
        let run = self.run.get() + 1;
        self.run.set(run);
        let emitter = Emitter::new(move |event| {
            // One that another has taken the place of says nothing any more.
            if let Some(driver) = driver.upgrade().filter(|it| it.run.get() == run) {
                match event {
                    Ok(event) => driver.phone_says(event),
                    Err(error) => driver.push(Input::Failed(error)),
                }
            }
        });
        *self.seat.borrow_mut() = Some(seat);
        *self.softphone.borrow_mut() = Some(Rc::clone(&softphone));
        self.tell_seat(self.engine.with(Hub::seat).map(|seat| seat.tab));
        let driver = Rc::downgrade(self);
        spawn_local(async move {
            match (softphone.start(emitter).await, driver.upgrade()) {
                (Err(cause), Some(driver)) => {
                    driver.push(Input::Failed(cause.failed("the softphone did not start")));
                }
                (Ok(()), Some(driver)) if driver.run.get() == run => {
                    driver.started.set(run);
                    driver.take_calls_up();
                }
                _ => {}
            }
        });
    }

    /// The softphone that lives here says something.
    fn phone_says(self: &Rc<Self>, event: PhoneEvent) {
        let call = event.call().cloned();
        self.push(Input::Phone(event));
        if let Some(call) = call {
            self.keep(&call);
        }
    }

    /// The calls have moved: what was known of how to take them up holds no more.
    pub(super) fn moved(self: &Rc<Self>) {
        for call in self.engine.with(Hub::kept_calls) {
            self.keep(&call);
        }
    }

    pub(super) fn take_calls_up(self: &Rc<Self>) {
        let Some(softphone) = self.softphone.borrow().clone() else {
            return;
        };
        let calls = self.take_up.take();
        if calls.is_empty() {
            return;
        }
        let driver = Rc::downgrade(self);
        spawn_local(async move {
            if let (Err(cause), Some(driver)) = (softphone.take_up(&calls).await, driver.upgrade())
            {
                for KeptCall { call_id, .. } in calls {
                    let cause = cause.clone();
                    driver.push(Input::Phone(PhoneEvent::Ended { call_id, cause }));
                }
            }
        });
    }

    /// Whether nothing is owed to anybody.
    pub(super) fn is_idle(&self) -> bool {
        self.engine.with(Hub::is_idle)
    }
}

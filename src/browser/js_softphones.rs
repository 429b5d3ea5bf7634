//! Where softphones come from in JavaScript.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::js_error::end_cause;
use super::softphone::{JsSoftphone, Made, Media, Served, Softphone, Softphones, awaited};
use crate::softphone::EndCause;

/// Softphones of JavaScript: one that was given, or those that a function makes.
pub(super) struct JsSoftphones {
    given: JsValue,
    media: Option<Function>,
    /// The one that was given has been started: it is not started twice.
    started: Cell<bool>,
}

impl JsSoftphones {
    pub(super) fn new(given: JsValue, media: Option<Function>) -> Self {
        Self {
            given,
            media,
            started: Cell::default(),
        }
    }
}

impl Softphones for JsSoftphones {
    fn make(&self) -> Made {
        let Some(make) = self.given.dyn_ref::<Function>() else {
            if self.started.replace(true) {
                let text = "this softphone has been stopped: give CallWorker.start a function that \
                            makes one, and it is made anew";
                return Box::pin(async move { Err(EndCause::error("SOFTPHONE", text)) });
            }
            let given: Rc<dyn Softphone> = Rc::new(JsSoftphone::new(self.given.clone()));
            return Box::pin(async { Ok(given) });
        };
        let returned = make.call0(&JsValue::UNDEFINED);
        Box::pin(async move {
            let made = awaited(returned).await;
            let made = made.map_err(|thrown| end_cause(&thrown))?;
            let phone: Rc<dyn Softphone> = Rc::new(JsSoftphone::new(made));
            Ok(phone)
        })
    }

    fn may_start_again(&self, tell: &dyn Fn(bool)) {
        tell(self.given.is_function());
    }

    fn media(&self) -> Served {
        let Some(media) = &self.media else {
            let text = "CallWorker.start was given no { media }, which the hub's softphone needs";
            return Box::pin(async move { Err(EndCause::error("SOFTPHONE", text)) });
        };
        let served = media.call0(&JsValue::UNDEFINED);
        Box::pin(async move {
            let served = awaited(served).await;
            let served = served.map_err(|thrown| end_cause(&thrown))?;
            Ok(Media::new(&served))
        })
    }
}

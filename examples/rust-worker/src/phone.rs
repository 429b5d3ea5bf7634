//! A softphone in Rust. Each thing that the operator does is asked of the PBX, which tells what comes of it.

use std::cell::OnceCell;

use b24_background_worker::browser::{Done, Emitter, Softphone};
use b24_background_worker::softphone::{EndCause, PhoneAction, PhoneActionKind};
use serde_json::json;

use crate::pbx::{self, Pbx};

#[derive(Default)]
pub(crate) struct MyPhone(OnceCell<Pbx>);

impl Softphone for MyPhone {
    fn start(&self, emitter: Emitter) -> Done {
        let opened = Pbx::open(emitter).map(|pbx| drop(self.0.set(pbx)));
        Box::pin(async {
            opened.map_err(|_| EndCause::error("PBX", "the PBX has no such address"))
        })
    }

    fn act(&self, action: &PhoneAction) -> Done {
        let mut asked = json!({ "do": action.kind.method(), "callId": action.call });
        match &action.kind {
            PhoneActionKind::Dial { number, .. } => asked["number"] = json!(number),
            PhoneActionKind::SendDtmf(tone) => asked["tone"] = json!(tone.as_char()),
            PhoneActionKind::SetMuted(muted) => asked["muted"] = json!(muted), // a microphone would be switched, too
            PhoneActionKind::SetHeld(held) => asked["held"] = json!(held),
            _ => {}
        }
        pbx::ask(&asked)
    }

    fn stop(&self) -> Done {
        if let Some(pbx) = self.0.get() {
            pbx.close();
        }
        Box::pin(async { Ok(()) })
    }
}

//! A softphone of one's own, in Rust: the smallest one that answers. Built for wasm32 only.

#[cfg(target_arch = "wasm32")]
mod page {
    // README: begin
    use b24_background_worker::Error;
    use b24_background_worker::browser::{Done, Emitter, Options, Softphone, Worker, WorkerEvent};
    use b24_background_worker::softphone::{EndCause, PhoneAction, PhoneActionKind, PhoneEvent};
    use std::cell::OnceCell;

    /// Does what it is asked at once. Yours talks to a PBX here.
    #[derive(Default)]
    struct MyPhone(OnceCell<Emitter>);

    impl Softphone for MyPhone {
        fn start(&self, emitter: Emitter) -> Done {
            emitter.emit(PhoneEvent::Registered);
            let _ = self.0.set(emitter);
            Box::pin(async { Ok(()) })
        }

        fn act(&self, action: &PhoneAction) -> Done {
            let call_id = action.call.clone();
            let event = match &action.kind {
                PhoneActionKind::Answer | PhoneActionKind::Dial { .. } => PhoneEvent::Connected {
                    call_id,
                    tones: None,
                },
                PhoneActionKind::SetMuted(muted) => PhoneEvent::Muted {
                    call_id,
                    muted: *muted,
                },
                PhoneActionKind::SetHeld(held) => PhoneEvent::Held {
                    call_id,
                    held: *held,
                    by_remote: false,
                },
                PhoneActionKind::SendDtmf(_) => return Box::pin(async { Ok(()) }),
                _ => PhoneEvent::Ended {
                    call_id,
                    cause: EndCause::local(),
                },
            };
            self.0.get().expect("it was started").emit(event);
            Box::pin(async { Ok(()) })
        }
    }

    pub(crate) async fn run() -> Result<(), Error> {
        let (_worker, mut events) = Worker::start(MyPhone::default, Options::default()).await?;
        while let Some(event) = events.next().await {
            if let WorkerEvent::CardInitialized { card, .. } = event {
                card.set_card_title("A call for you").await?;
            }
        }
        Ok(())
    }
    // README: end
}

#[cfg(target_arch = "wasm32")]
fn main() {
    wasm_bindgen_futures::spawn_local(async {
        if let Err(error) = page::run().await {
            web_sys::console::error_1(&error.to_string().into());
        }
    });
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}

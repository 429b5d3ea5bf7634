//! The call worker of a page: it is in the portal's hidden frame, on every page of the portal.

mod pbx;
mod phone;

use b24_background_worker::browser::{Options, Worker, WorkerEvent};
use b24_background_worker::session::News;
use phone::MyPhone;
use wasm_bindgen::prelude::*;
use web_sys::console;

/// For the page's life. Called by worker.js, once BX24.js is there.
#[wasm_bindgen]
pub async fn run(line: String) -> Result<(), JsError> {
    let options = Options {
        lines: vec![line], // a number that is clicked is dialled when its call is on one of these
        ..Options::default()
    };
    let (_worker, mut events) = Worker::start(MyPhone::default, options).await?;
    while let Some(event) = events.next().await {
        match event {
            WorkerEvent::CardInitialized { card, call } => {
                let caller = call.phone_number.known().unwrap_or("withheld").to_owned();
                // The card may be gone already, or the portal refuse: the next call is none the worse for it.
                if let Err(error) = card.set_card_title(&format!("My PBX: {caller}")).await {
                    console::warn_1(&error.to_string().into());
                }
            }
            WorkerEvent::News(News::CallRecorded { end, .. }) => {
                let recorded = format!("recorded: {} s, {:?}", end.duration, end.status_code);
                console::log_1(&recorded.into());
            }
            WorkerEvent::News(News::Error(error)) => console::error_1(&error.to_string().into()),
            _ => {}
        }
    }
    Ok(())
}

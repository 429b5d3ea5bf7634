//! The call card, in the portal's own words: what it raises, what it obeys, how it answers.
//!
//! Everything here is plain data. Source of the names and shapes:
//! [PAGE_BACKGROUND_WORKER](https://apidocs.bitrix24.com/api-reference/widgets/ui-interaction/page-background-worker/index.html).

mod call_info;
mod command;
mod event;
mod reply;
mod ui_state;

pub use call_info::{
    CallDirection, CallId, CallInfo, CallState, CrmEntity, EntityChange, PhoneNumber,
};
pub use command::{CardCommand, ReplyContract};
pub use event::{CardEvent, EventName, Tone, TransferTarget};
pub use reply::Reply;
pub use ui_state::{Button, UiState};

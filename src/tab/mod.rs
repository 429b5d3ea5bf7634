//! One page's part: its card, its gate, what its application hears, and, in the seat, its softphone.
//!
//! A [`Tab`] shows on its card what the hub says its call's card should show, tells the hub what the
//! operator clicks, and gives the application its handles. Pure, like the [hub](crate::hub):
//! [`Tab::handle_input`], [`Tab::handle_timeout`], [`Tab::poll_output`], [`Tab::poll_timeout`].

mod card_handle;
mod doubt;
mod gate;
mod io;
mod link;
mod machine;
mod page_card;
mod requests;

pub use card_handle::{CardHandle, CardRequest, CardSerial};
pub use io::{Input, Output, TabEvent};
pub use machine::Tab;
#[cfg(target_arch = "wasm32")]
pub(crate) use requests::OUTDATED;

//! What must exist once per browser: the operator's calls, their records, the register of tabs.
//!
//! A [`Hub`] runs the [session](crate::session), tells each tab what its card should show, gives one
//! of them the *seat* (microphone, RTCPeerConnection, speaker), and acts once upon what several
//! tabs have heard. Pure, like the session: [`Hub::handle_input`], [`Hub::handle_timeout`],
//! [`Hub::poll_output`], [`Hub::poll_timeout`].

mod cards;
mod io;
mod journal;
mod life;
mod machine;
mod member;
mod routing;
mod seat;

pub use io::{Input, Output, PhonePlace};
pub use machine::Hub;

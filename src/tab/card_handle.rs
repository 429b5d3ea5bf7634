//! The gate: whoever has a handle has a card.

use crate::card::{CallId, CardCommand, UiState};

/// Counts the cards of a page. A handle's serial tells whether its card is still the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct CardSerial(pub(super) u32);

/// The right to drive one call's card.
///
/// The only source of a handle is [`TabEvent::CardInitialized`](super::TabEvent::CardInitialized):
/// before the portal has raised a card no command can be written, and [`close`](Self::close)
/// consumes the handle, so none can be written after it either. A card that closes by itself
/// leaves a stale handle: its commands are refused with
/// [`CardClosed`](crate::ErrorKind::CardClosed) and never reach the next call's card.
///
/// Dropping a handle does nothing: the card stays, and the session goes on driving it.
///
/// A handle can't be made:
///
/// ```compile_fail,E0451
/// use b24_background_worker::tab::CardHandle;
///
/// fn forge(serial: b24_background_worker::tab::CardSerial, call_id: b24_background_worker::card::CallId) {
///     let handle = CardHandle { serial, call_id };
///     handle.set_mute(true);
/// }
/// ```
///
/// Its twin, with a handle that was given, compiles:
///
/// ```
/// use b24_background_worker::tab::CardHandle;
///
/// fn mute(handle: &CardHandle) {
///     let _request = handle.set_mute(true);
/// }
/// ```
///
/// After `close` there is nothing left to command:
///
/// ```compile_fail,E0382
/// use b24_background_worker::tab::CardHandle;
///
/// fn close_then_mute(handle: CardHandle) {
///     let _request = handle.close();
///     let _request = handle.set_mute(true);
/// }
/// ```
///
/// and the other way round is fine:
///
/// ```
/// use b24_background_worker::tab::CardHandle;
///
/// fn mute_then_close(handle: CardHandle) {
///     let _request = handle.set_mute(true);
///     let _request = handle.close();
/// }
/// ```
#[derive(Debug)]
pub struct CardHandle {
    serial: CardSerial,
    call_id: CallId,
}

/// A command with the proof that its card exists. Hand it to
/// [`Input::Request`](super::Input::Request); dropped, nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a request does nothing until the session is given it"]
pub struct CardRequest {
    pub(super) serial: CardSerial,
    pub(super) command: CardCommand,
}

impl CardHandle {
    pub(super) fn new(serial: CardSerial, call_id: CallId) -> Self {
        Self { serial, call_id }
    }

    /// The call whose card this is.
    #[must_use]
    pub fn call_id(&self) -> &CallId {
        &self.call_id
    }

    /// Which card of the page this is.
    #[must_use]
    pub fn serial(&self) -> CardSerial {
        self.serial
    }

    /// `CallCardSetMute`: shows the microphone as muted or not.
    pub fn set_mute(&self, muted: bool) -> CardRequest {
        self.request(CardCommand::SetMute { muted })
    }

    /// `CallCardSetHold`: shows the call as held or not.
    pub fn set_hold(&self, held: bool) -> CardRequest {
        self.request(CardCommand::SetHold { held })
    }

    /// `CallCardSetUiState`: puts the card into another state. With
    /// `disable_auto_start_timer`, `connected` leaves the timer alone.
    pub fn set_ui_state(&self, ui_state: UiState, disable_auto_start_timer: bool) -> CardRequest {
        self.request(CardCommand::SetUiState {
            ui_state,
            disable_auto_start_timer,
        })
    }

    /// `CallCardGetListUiStates`: asks for the names of the states.
    pub fn list_ui_states(&self) -> CardRequest {
        self.request(CardCommand::GetListUiStates {})
    }

    /// `CallCardSetCardTitle`: sets the title, as text.
    pub fn set_card_title(&self, title: impl Into<String>) -> CardRequest {
        self.request(CardCommand::SetCardTitle {
            title: title.into(),
        })
    }

    /// `CallCardSetStatusText`: sets the text in the middle.
    pub fn set_status_text(&self, text: impl Into<String>) -> CardRequest {
        self.request(CardCommand::SetStatusText {
            status_text: text.into(),
        })
    }

    /// `CallCardStartTimer`: shows the timer and lets it run.
    pub fn start_timer(&self) -> CardRequest {
        self.request(CardCommand::StartTimer {})
    }

    /// `CallCardStopTimer`: stops the timer.
    pub fn stop_timer(&self) -> CardRequest {
        self.request(CardCommand::StopTimer {})
    }

    /// `CallCardClose`: closes the card, and with it this handle.
    pub fn close(self) -> CardRequest {
        self.close_request()
    }

    /// What [`close`](Self::close) asks, for JavaScript, where nothing is consumed and the serial
    /// alone guards.
    pub(crate) fn close_request(&self) -> CardRequest {
        self.request(CardCommand::Close {})
    }

    fn request(&self, command: CardCommand) -> CardRequest {
        CardRequest {
            serial: self.serial,
            command,
        }
    }
}

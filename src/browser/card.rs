//! A call card that can be commanded from the browser.

use std::rc::Rc;

use super::driver::Driver;
use crate::card::{CallId, Reply, UiState};
use crate::error::Error;
use crate::tab::CardHandle;

/// A call's card. It comes with [`WorkerEvent::CardInitialized`](super::WorkerEvent) and from
/// nowhere else, and is gone with [`close`](Self::close).
///
/// Every command may fail with [`CardClosed`](crate::ErrorKind::CardClosed) when the card was
/// closed by somebody else, with [`CardUndefined`](crate::ErrorKind::CardUndefined) when the portal
/// noticed that first, and with [`ReplyTimeout`](crate::ErrorKind::ReplyTimeout). The session drives
/// the card by itself; what is set here lasts until the call changes.
///
/// Dropping it does nothing to the card on the page.
pub struct CallCard {
    pub(super) handle: CardHandle,
    pub(super) driver: Rc<Driver>,
}

impl CallCard {
    /// The call whose card this is.
    #[must_use]
    pub fn call_id(&self) -> &CallId {
        self.handle.call_id()
    }

    /// `CallCardSetMute`: shows the microphone as muted or not. It mutes nothing.
    ///
    /// # Errors
    /// See [`CallCard`].
    pub async fn set_mute(&self, muted: bool) -> Result<(), Error> {
        let request = self.handle.set_mute(muted);
        self.driver.request(request).await.map(drop)
    }

    /// `CallCardSetHold`: shows the call as held or not. It holds nothing.
    ///
    /// # Errors
    /// See [`CallCard`].
    pub async fn set_hold(&self, held: bool) -> Result<(), Error> {
        let request = self.handle.set_hold(held);
        self.driver.request(request).await.map(drop)
    }

    /// `CallCardSetUiState`: puts the card into another state.
    ///
    /// # Errors
    /// See [`CallCard`].
    pub async fn set_ui_state(
        &self,
        ui_state: UiState,
        disable_auto_start_timer: bool,
    ) -> Result<(), Error> {
        let request = self.handle.set_ui_state(ui_state, disable_auto_start_timer);
        self.driver.request(request).await.map(drop)
    }

    /// `CallCardGetListUiStates`: the names of the card's states.
    ///
    /// # Errors
    /// See [`CallCard`].
    pub async fn list_ui_states(&self) -> Result<Vec<String>, Error> {
        let request = self.handle.list_ui_states();
        Ok(match self.driver.request(request).await? {
            Reply::UiStates(states) => states,
            _ => Vec::new(),
        })
    }

    /// `CallCardSetCardTitle`: sets the title. The portal writes its own title shortly after the
    /// card has appeared and may overwrite one that is set at once.
    ///
    /// # Errors
    /// See [`CallCard`].
    pub async fn set_card_title(&self, title: &str) -> Result<(), Error> {
        let request = self.handle.set_card_title(title);
        self.driver.request(request).await.map(drop)
    }

    /// `CallCardSetStatusText`: sets the text in the middle.
    ///
    /// # Errors
    /// See [`CallCard`].
    pub async fn set_status_text(&self, text: &str) -> Result<(), Error> {
        let request = self.handle.set_status_text(text);
        self.driver.request(request).await.map(drop)
    }

    /// `CallCardStartTimer`: shows the timer and lets it run.
    ///
    /// # Errors
    /// See [`CallCard`].
    pub async fn start_timer(&self) -> Result<(), Error> {
        self.driver
            .request(self.handle.start_timer())
            .await
            .map(drop)
    }

    /// `CallCardStopTimer`: stops the timer.
    ///
    /// # Errors
    /// See [`CallCard`].
    pub async fn stop_timer(&self) -> Result<(), Error> {
        self.driver
            .request(self.handle.stop_timer())
            .await
            .map(drop)
    }

    /// `CallCardClose`: closes the card. The call goes on; end it with
    /// [`Worker::hang_up`](super::Worker::hang_up).
    ///
    /// # Errors
    /// See [`CallCard`].
    pub async fn close(self) -> Result<(), Error> {
        self.driver.request(self.handle.close()).await.map(drop)
    }
}

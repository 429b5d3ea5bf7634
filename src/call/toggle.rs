//! A switch that two sides can throw.

/// Mute or hold: what was last asked for, against what the softphone confirms.
///
/// Confirmations of earlier clicks may arrive after a later click; taking each at its word would
/// make the card flicker. So a confirmation counts only when no later request is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Toggle {
    on: bool,
    /// What the softphone has said last.
    confirmed: bool,
    under_way: u32,
    /// What is shown was asked for while there was no softphone to do it: whatever the next one says first, it
    /// is asked.
    waits: bool,
}

impl Toggle {
    /// What to show.
    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// A switch that is known to be so.
    pub(crate) fn known(on: bool) -> Self {
        Self {
            on,
            confirmed: on,
            under_way: 0,
            waits: false,
        }
    }

    /// The same, and the operator wants it otherwise.
    pub(crate) fn wanted(self, on: bool) -> Self {
        Self {
            on,
            waits: on != self.confirmed,
            ..self
        }
    }

    /// Nobody will answer what was asked for: the next softphone is asked for it.
    pub(crate) fn defer(&mut self) {
        *self = Self::known(self.confirmed).wanted(self.on);
    }

    /// What the softphone has said last.
    pub(crate) fn confirmed(self) -> bool {
        self.confirmed
    }

    /// What the operator wants, where the softphone has not said that it is so.
    pub(crate) fn wish(self) -> Option<bool> {
        (self.on != self.confirmed).then_some(self.on)
    }

    /// The operator wants it so.
    pub(crate) fn ask(&mut self, on: bool) {
        self.on = on;
        self.under_way += 1;
        self.waits = false;
    }

    /// The softphone says it is so.
    pub(crate) fn confirm(&mut self, on: bool) {
        self.confirmed = on;
        if self.waits {
            self.waits = on != self.on;
            return;
        }
        if on == self.on {
            self.under_way = 0;
        } else {
            self.under_way = self.under_way.saturating_sub(1);
        }
        if self.under_way == 0 {
            self.on = on;
        }
    }

    /// The softphone could not do what was asked: it is as it was.
    pub(crate) fn fail(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
        if self.under_way == 0 {
            *self = Self::known(self.confirmed);
        }
    }
}

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
}

impl Toggle {
    /// What to show.
    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// The operator wants it so.
    pub(crate) fn ask(&mut self, on: bool) {
        self.on = on;
        self.under_way += 1;
    }

    /// The softphone says it is so.
    pub(crate) fn confirm(&mut self, on: bool) {
        self.confirmed = on;
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
            self.on = self.confirmed;
        }
    }
}

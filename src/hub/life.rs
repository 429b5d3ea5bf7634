//! What becomes of a hub.

/// Where a hub is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Life {
    /// No tab has told yet who the operator is: what happens meanwhile waits, for no call is made and no
    /// record closed in nobody's name.
    #[default]
    Nobodys,
    /// It has tabs, and calls come and go.
    Tended,
    /// No tab is there. A call goes on for a while, should a page come back.
    Away,
    /// It is about to end: nobody gets the seat any more.
    Retired,
}

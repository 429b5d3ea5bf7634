//! Links that open the app: `/marketplace/view/#APP_CODE#/?params[…]`.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// Builds the path of a link to the app, to be put behind a portal's origin.
///
/// ```
/// use b24_host::backend::links::app_link;
///
/// assert_eq!(
///     app_link("acme.calls", &[("action", "dial"), ("phone", "+15550100")]),
///     "/marketplace/view/acme.calls/?params%5Baction%5D=dial&params%5Bphone%5D=%2B15550100"
/// );
/// ```
#[must_use]
pub fn app_link(app_code: &str, params: &[(&str, &str)]) -> String {
    let mut link = format!("/marketplace/view/{}/", encoded(app_code));
    for (position, (name, value)) in params.iter().enumerate() {
        let mark = if position == 0 { '?' } else { '&' };
        // Writing to a String does not fail.
        let _ = write!(
            link,
            "{mark}params%5B{}%5D={}",
            encoded(name),
            encoded(value)
        );
    }
    link
}

/// A link that dials a number.
#[must_use]
pub fn dial_link(app_code: &str, phone: &str) -> String {
    app_link(app_code, &[("action", "dial"), ("phone", phone)])
}

/// A link that shows the card of a call.
#[must_use]
pub fn call_link(app_code: &str, call_id: &str) -> String {
    app_link(app_code, &[("action", "show"), ("callId", call_id)])
}

/// A link that shows the worker's diagnostics.
#[must_use]
pub fn diagnostics_link(app_code: &str) -> String {
    app_link(app_code, &[("action", "diagnostics")])
}

// What encodeURIComponent leaves alone, so that www/app/links.js makes the same links.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, COMPONENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_can_leave_it() {
        assert_eq!(
            app_link("a/../b", &[("x", "1&params[y]=2#é")]),
            "/marketplace/view/a%2F..%2Fb/?params%5Bx%5D=1%26params%5By%5D%3D2%23%C3%A9"
        );
    }
}

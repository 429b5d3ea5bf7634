//! The handler page, ready to be served.

use crate::start_error::StartError;

const CONFIG: &str = "__B24_CONFIG__";
const NONCE: &str = "__B24_NONCE__";

/// The page with its configuration in place, cut where the nonce of a response goes.
#[derive(Debug, Clone)]
pub struct Page {
    pieces: Vec<String>,
}

impl Page {
    /// Fills in the configuration.
    ///
    /// # Errors
    /// When the page lacks one of its placeholders.
    pub fn new(html: &str, config: &str) -> Result<Self, StartError> {
        for placeholder in [CONFIG, NONCE] {
            if !html.contains(placeholder) {
                return Err(StartError::new(
                    format!("handler.html does not contain {placeholder}"),
                    "put the placeholder back into www/handler.html and run ./build.sh",
                ));
            }
        }
        // Cut before filling, so that an option that spells a placeholder stays what it is.
        let pieces = html
            .split(NONCE)
            .map(|piece| piece.replace(CONFIG, config))
            .collect();
        Ok(Self { pieces })
    }

    /// The page for one response.
    #[must_use]
    pub fn with_nonce(&self, nonce: &str) -> String {
        self.pieces.join(nonce)
    }
}

/// A nonce no one can guess: 128 bits of the thread's cryptographic generator, in hex.
#[must_use]
pub fn fresh_nonce() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_spells_the_nonce_placeholder_is_left_alone() {
        let page = Page::new(
            "<i>__B24_NONCE__</i>__B24_CONFIG__",
            r#"{"a":"__B24_NONCE__"}"#,
        );
        assert_eq!(
            page.map(|page| page.with_nonce("n")),
            Ok(r#"<i>n</i>{"a":"__B24_NONCE__"}"#.to_owned())
        );
    }

    #[test]
    fn a_page_without_a_placeholder_is_refused() {
        let refused = Page::new("__B24_CONFIG__", "{}").map(|page| page.with_nonce("n"));
        assert!(refused.is_err_and(|error| error.cause.contains("__B24_NONCE__")));
    }
}

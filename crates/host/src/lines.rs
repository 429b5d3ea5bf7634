//! The softphone's lines, as `--line` names them.

use serde::{Deserialize, Serialize};

use crate::{cli::Cli, start_error::StartError};

/// An external line of the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number, as the PBX knows it.
    pub number: String,
    /// What the portal calls it; empty for nothing.
    pub name: String,
    /// Whether the portal makes a CRM entity of an unknown caller on it.
    pub crm_auto_create: bool,
}

/// The longest number and name that a portal takes.
const LONGEST: usize = 50;

/// Reads the lines.
///
/// # Errors
/// When one is no number.
pub fn lines(cli: &Cli) -> Result<Vec<Line>, StartError> {
    let mut lines: Vec<Line> = Vec::new();
    for text in &cli.lines {
        let (number, name) = text.split_once('=').unwrap_or((text, ""));
        let (number, name) = (number.trim(), name.trim());
        // What was given is not shown: it may be a password in the wrong place.
        if !is_number(number) {
            return Err(StartError::new(
                "--line is not a telephone number",
                "give one as the PBX knows it, like +15550100 or +15550100=Sales, or leave the \
                 option out",
            ));
        }
        if name.chars().count() > LONGEST || name.chars().any(char::is_control) {
            return Err(StartError::new(
                "the name of a --line is longer than 50 letters or has control characters",
                "shorten it",
            ));
        }
        if lines.iter().any(|it| same_number(&it.number, number)) {
            return Err(StartError::new("a --line is given twice", "leave one out"));
        }
        lines.push(Line {
            number: number.to_owned(),
            name: name.to_owned(),
            crm_auto_create: cli.line_crm_auto_create,
        });
    }
    Ok(lines)
}

/// Whether two numbers are the same line, however they are written.
#[must_use]
pub fn same_number(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        let kept = |it: &char| it.is_ascii_digit() || matches!(it, '*' | '#');
        text.chars().filter(kept).collect()
    };
    plain(one) == plain(other)
}

// Digits, and what people write between them.
fn is_number(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len())
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+*#() -./".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        assert!(same_number("+1 (555) 01-00", "15550100"));
        assert!(!same_number("15550100", "15550101"));
        assert!(!same_number("100", "*100"));
    }
}

//! Where the key of the encryption at rest comes from.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use zeroize::Zeroizing;

use crate::{
    seal::{KEY_BYTES, SealKey},
    start_error::StartError,
};

/// The variable that holds the key itself.
pub const VARIABLE: &str = "B24_HOST_KEY";

const MAKE_ONE: &str = "make one with `openssl rand -base64 32`";

/// Reads keys as `openssl rand -base64 32` prints them, one a line or with spaces or commas between:
/// the first seals, the others are older ones that still open.
///
/// # Errors
/// Names the place the text came from, never the text.
pub fn parse(text: &str, place: &str) -> Result<Vec<SealKey>, StartError> {
    let keys: Option<Vec<SealKey>> = text
        .split(|it: char| it.is_whitespace() || it == ',')
        .filter(|it| !it.is_empty())
        .map(one)
        .collect();
    keys.filter(|it| !it.is_empty()).ok_or_else(|| {
        StartError::new(
            format!("{place} does not hold {KEY_BYTES} bytes in base64, or several such keys"),
            MAKE_ONE,
        )
    })
}

fn one(text: &str) -> Option<SealKey> {
    let bytes = Zeroizing::new(BASE64.decode(text).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

/// Reads keys from a file.
///
/// # Errors
/// When it cannot be read or holds something else.
pub fn from_file(path: &Path) -> Result<Vec<SealKey>, StartError> {
    let text = fs::read_to_string(path).map_err(|error| {
        let cause = format!("cannot read the key in {}: {error}", path.display());
        StartError::new(cause, format!("{MAKE_ONE} into that file"))
    })?;
    parse(&Zeroizing::new(text), &path.display().to_string())
}

/// Reads the key from a file, which is made when it is not there yet.
///
/// # Errors
/// When it can be neither read nor written.
pub fn from_file_or_new(path: &Path) -> Result<Vec<SealKey>, StartError> {
    if !path.exists() {
        make(path).map_err(|error| {
            let cause = format!("cannot write a key to {}: {error}", path.display());
            StartError::new(
                cause,
                "make the folder writable, or name a key with --key-file",
            )
        })?;
    }
    from_file(path)
}

/// What to do when a shared database comes without a key.
#[must_use]
pub fn missing() -> StartError {
    StartError::new(
        "there is no key to encrypt tokens and passwords with",
        format!(
            "give every replica on this database the same one with --key-file or {VARIABLE}; {MAKE_ONE}"
        ),
    )
}

// Written aside and linked: two hosts that start at once end up with one whole key.
fn make(path: &Path) -> std::io::Result<()> {
    let key: SealKey = Zeroizing::new(rand::random());
    let aside = path.with_extension(format!("{:016x}", rand::random::<u64>()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    writeln!(file, "{}", BASE64.encode(key.as_slice()))?;
    file.sync_all()?;
    let linked = fs::hard_link(&aside, path);
    fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

//! The office's TURN server, through which sound goes where a firewall lets nothing else pass.

use std::{env, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::{cli::Cli, secret::Secret, start_error::StartError};

const PASSWORD: &str = "B24_HOST_TURN_PASSWORD";
const SHARED: &str = "B24_HOST_TURN_SECRET";

/// What each operator is told of it.
#[derive(Debug, Clone)]
pub struct Turn {
    urls: Vec<String>,
    access: Access,
}

/// Whom the server lets through.
#[derive(Debug, Clone)]
enum Access {
    /// One user for all.
    User { name: String, password: Secret },
    /// Whoever knows a password that coturn can compute itself (`use-auth-secret`), for so long.
    Shared { secret: Secret, seconds: i64 },
}

impl Turn {
    /// Reads the options.
    ///
    /// # Errors
    /// When an address is none, or it is not clear how the server lets operators through.
    pub fn new(cli: &Cli) -> Result<Option<Self>, StartError> {
        let password = read(
            cli.turn.password_file.as_deref(),
            "--turn-password-file",
            PASSWORD,
        )?;
        let secret = read(
            cli.turn.secret_file.as_deref(),
            "--turn-secret-file",
            SHARED,
        )?;
        if cli.turn.servers.is_empty() {
            return if password.is_some() || secret.is_some() || cli.turn.user.is_some() {
                Err(StartError::new(
                    "there are credentials for a TURN server, and no TURN server",
                    "give its address with --turn, like turn:turn.example.com, or leave them out",
                ))
            } else {
                Ok(None)
            };
        }
        // What was given is not shown: it may be a password in the wrong place.
        if !cli.turn.servers.iter().all(|it| is_turn(it)) {
            return Err(StartError::new(
                "--turn is not the address of a TURN server",
                "give one like turn:turn.example.com or turns:turn.example.com:443?transport=tcp, \
                 without // and without a user",
            ));
        }
        if !cli.accounts {
            return Err(StartError::new(
                "--turn needs --accounts: its credentials are given to operators the host knows, and to \
                 nobody else",
                "add --accounts, or give iceServers in --adapter-options, which whoever opens the page \
                 can read",
            ));
        }
        let access = match (cli.turn.user.clone(), password, secret) {
            (Some(name), Some(password), None) if !name.is_empty() => {
                Access::User { name, password }
            }
            (None, None, Some(secret)) => Access::Shared {
                secret,
                seconds: i64::from(cli.turn.seconds),
            },
            _ => {
                return Err(StartError::new(
                    "it is not clear how the TURN server of --turn lets operators through",
                    format!(
                        "give either --turn-user with --turn-password-file (or {PASSWORD}), or the secret \
                         it shares with this host: --turn-secret-file (or {SHARED})"
                    ),
                ));
            }
        };
        let urls = cli.turn.servers.clone();
        Ok(Some(Self { urls, access }))
    }

    /// What this user's browser needs of it from `now` on: `iceServers` as `RTCPeerConnection` takes
    /// them, and, where the credentials end, after how many `seconds`.
    #[must_use]
    pub fn for_user(&self, user: i64, now: i64) -> Value {
        match &self.access {
            Access::User { name, password } => json!({
                "iceServers": [{ "urls": self.urls, "username": name, "credential": password.reveal() }],
            }),
            Access::Shared { secret, seconds } => {
                let name = format!("{}:{user}", now + seconds);
                let credential = password_of(&name, secret);
                json!({
                    "iceServers": [{ "urls": self.urls, "username": name, "credential": credential }],
                    "seconds": seconds,
                })
            }
        }
    }
}

/// As TURN servers compute it (draft-uberti-behave-turn-rest), whose hash is SHA-1 and no other.
fn password_of(name: &str, secret: &Secret) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.reveal().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(name.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// What `RTCPeerConnection` takes for the address of a STUN or TURN server: it throws at anything
/// else, in the middle of a call.
#[must_use]
pub fn is_ice(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let (host, query) = rest.split_once('?').unwrap_or((rest, ""));
    ["stun", "stuns", "turn", "turns"].contains(&scheme)
        && !host.is_empty()
        && !host.contains(['/', '@', ' '])
        && ["", "transport=udp", "transport=tcp"].contains(&query)
}

/// Whether it is one that wants to know who comes.
#[must_use]
pub fn is_turn(text: &str) -> bool {
    is_ice(text) && text.starts_with("turn")
}

fn read(file: Option<&Path>, option: &str, variable: &str) -> Result<Option<Secret>, StartError> {
    let text = match file {
        Some(path) => Some(fs::read_to_string(path).map_err(|error| {
            StartError::new(
                format!("cannot read {}: {error}", path.display()),
                format!("check {option}"),
            )
        })?),
        None => env::var(variable).ok(),
    };
    let secret = text.map(|text| Secret::new(text.trim()));
    Ok(secret.filter(|it| !it.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_what_coturn_computes_of_name_and_secret() {
        // echo -n 1790000000:7 | openssl dgst -sha1 -hmac north -binary | base64
        let password = password_of("1790000000:7", &Secret::new("north"));
        assert_eq!(password, "oKQkHP+25LXmNHe5Cww/0zphHZA=");
    }
}

//! The options of the office's TURN server.

use std::path::PathBuf;

use clap::{Args, value_parser};

/// The TURN server, and how it lets operators through.
#[derive(Args, Debug, Clone)]
pub struct TurnArgs {
    /// A TURN server that operators' sound may go through, where a firewall lets nothing else pass,
    /// e.g. turns:turn.example.com:443?transport=tcp. Each operator is given its credentials for
    /// the own account; one who has saved another server goes by that. Repeatable; in the variable
    /// separated by commas. Needs --accounts.
    #[arg(
        long = "turn",
        env = "B24_HOST_TURN",
        value_name = "URL",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub servers: Vec<String>,

    /// The user that the TURN server knows, where it knows one for all.
    #[arg(long = "turn-user", env = "B24_HOST_TURN_USER", value_name = "NAME")]
    pub user: Option<String>,

    /// A file with that user's password. B24_HOST_TURN_PASSWORD may hold it instead.
    #[arg(
        long = "turn-password-file",
        env = "B24_HOST_TURN_PASSWORD_FILE",
        value_name = "FILE"
    )]
    pub password_file: Option<PathBuf>,

    /// A file with the secret that the TURN server shares with this host (coturn's use-auth-secret
    /// and static-auth-secret): each operator is then given a password of a few hours.
    /// B24_HOST_TURN_SECRET may hold it instead.
    #[arg(
        long = "turn-secret-file",
        env = "B24_HOST_TURN_SECRET_FILE",
        value_name = "FILE"
    )]
    pub secret_file: Option<PathBuf>,

    /// How many seconds such a password is good for. Pages ask for another in time; a call that is
    /// through stays through.
    #[arg(
        long = "turn-seconds",
        env = "B24_HOST_TURN_SECONDS",
        value_name = "SECONDS",
        default_value_t = 43_200,
        value_parser = value_parser!(u32).range(600..)
    )]
    pub seconds: u32,
}

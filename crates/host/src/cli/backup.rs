//! Options of `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

use super::BackendArgs;

/// Options of `backup`.
#[derive(Args, Debug, Clone)]
pub struct BackupArgs {
    /// Portals and tokens.
    #[command(flatten)]
    pub backend: BackendArgs,

    /// The file to write. One of that name is replaced when the new one is whole.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Options of `restore`.
#[derive(Args, Debug, Clone)]
pub struct RestoreArgs {
    /// Portals and tokens.
    #[command(flatten)]
    pub backend: BackendArgs,

    /// A file that `backup` has written, from SQLite or PostgreSQL, whichever this host has.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Replace what the database has. A portal whose tokens were renewed since keeps them.
    #[arg(long)]
    pub replace: bool,
}

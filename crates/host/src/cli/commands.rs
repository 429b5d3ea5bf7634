//! What the host does besides serving.

use std::path::Path;

use clap::{Args, Parser, Subcommand};

use super::{BackendArgs, BackupArgs, CallbacksArgs, Cli, PbxKeyArgs, RestoreArgs, user_id};

/// The whole command line: serving, unless a command is named.
#[derive(Parser, Debug, Clone)]
#[command(
    name = "b24-host",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Program {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The options of `serve`, which may be left out.
    #[command(flatten)]
    pub serve: Cli,
}

/// A command.
#[derive(Subcommand, Debug, Clone)]
pub enum Command {
    /// Serves the pages; the same as no command.
    Serve(Box<Cli>),
    /// Binds handlers on a portal that has installed the app. Twice is as good as once.
    Bind(BindArgs),
    /// Removes handlers from a portal.
    Unbind(UnbindArgs),
    /// Tells what is known of a portal, and what is bound there. Without --portal: all portals.
    Status(StatusArgs),
    /// Removes everything about a portal from the database, as its uninstallation does.
    Forget(PortalArgs),
    /// Tells or changes who is asked to make a callback when nobody responsible does.
    Callbacks(CallbacksArgs),
    /// Prints a new key for a portal's PBX, with which it asks the host (docs/pbx-api.md).
    PbxKey(PbxKeyArgs),
    /// Writes everything into one file, also while hosts run. Secrets in it stay sealed.
    Backup(BackupArgs),
    /// Puts a backup back, also while hosts run.
    Restore(RestoreArgs),
}

impl Command {
    /// The folder of what outlives a start.
    #[must_use]
    pub fn data(&self) -> &Path {
        let backend = match self {
            Self::Serve(it) => &it.backend,
            Self::Bind(it) => &it.at.backend,
            Self::Unbind(it) => &it.at.backend,
            Self::Status(it) => &it.backend,
            Self::Forget(it) => &it.backend,
            Self::Callbacks(it) => &it.at.backend,
            Self::PbxKey(it) => &it.at.backend,
            Self::Backup(it) => &it.backend,
            Self::Restore(it) => &it.backend,
        };
        &backend.data
    }
}

/// What every command needs that is about one portal.
#[derive(Args, Debug, Clone)]
pub struct PortalArgs {
    /// Portals and tokens.
    #[command(flatten)]
    pub backend: BackendArgs,

    /// The portal: its host, its address or its member_id. A webhook will not do.
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
}

/// Options of `bind`.
#[derive(Args, Debug, Clone)]
pub struct BindArgs {
    /// Where.
    #[command(flatten)]
    pub at: PortalArgs,

    /// A placement; repeatable. Without it all three, and the events.
    #[arg(long = "placement", value_name = "NAME")]
    pub placements: Vec<String>,

    /// Binds for this user only, where the placement allows it.
    #[arg(long, value_name = "ID", value_parser = user_id())]
    pub user_id: Option<i64>,

    /// The handler's address, instead of the public one plus /handler.
    #[arg(long, value_name = "URL")]
    pub handler: Option<String>,

    /// The address for deletion notices, instead of the public one plus /error.
    #[arg(long, value_name = "URL")]
    pub error_handler: Option<String>,
}

/// Options of `unbind`.
#[derive(Args, Debug, Clone)]
pub struct UnbindArgs {
    /// Where.
    #[command(flatten)]
    pub at: PortalArgs,

    /// A placement; repeatable. Without it all three.
    #[arg(long = "placement", value_name = "NAME")]
    pub placements: Vec<String>,

    /// Removes this user's handler only.
    #[arg(long, value_name = "ID", value_parser = user_id())]
    pub user_id: Option<i64>,
}

/// Options of `status`.
#[derive(Args, Debug, Clone)]
pub struct StatusArgs {
    /// Portals and tokens.
    #[command(flatten)]
    pub backend: BackendArgs,

    /// The portal: its host, its address or its member_id.
    #[arg(long, value_name = "PORTAL")]
    pub portal: Option<String>,
}

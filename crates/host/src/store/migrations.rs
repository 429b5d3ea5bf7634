//! The tables' history, by version: what a database of any age lacks is done to it in this order.

use std::{borrow::Cow, future::Future, pin::Pin};

use sqlx::{
    error::BoxDynError,
    migrate::{Migration, MigrationSource, MigrationType},
};

/// The file of a version, by its name.
macro_rules! file {
    ($version:literal, $name:literal) => {
        (
            $version,
            $name,
            include_str!(concat!("../../migrations/", $name, ".sql")),
        )
    };
}

/// A version that was released is never changed: databases know the checksum of its file.
const FILES: [(i64, &str, &str); 5] = [
    file!(1, "0001_life"),
    file!(2, "0002_regions"),
    file!(101, "0101_pbx"),
    file!(102, "0102_callbacks"),
    file!(103, "0103_lookups"),
];

/// The files in `migrations/`, within the program. sqlx's own `migrate!` would do; but with its macros, which
/// need a database driver each, the drivers are compiled a second time, for the compiler.
#[derive(Debug, Clone, Copy)]
pub(super) struct Migrations;

impl MigrationSource<'static> for Migrations {
    fn resolve(
        self,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Migration>, BoxDynError>> + Send + 'static>> {
        let migrations = FILES.map(|(version, name, sql)| {
            let description = name.split_once('_').map_or(name, |(_, rest)| rest);
            Migration::new(
                version,
                Cow::Owned(description.replace('_', " ")),
                MigrationType::Simple,
                Cow::Borrowed(sql),
                false,
            )
        });
        Box::pin(async { Ok(migrations.into()) })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sqlx::migrate::MigrationSource;

    use super::Migrations;

    #[tokio::test]
    async fn each_file_is_a_version_as_sqlx_reads_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let read = folder.as_path().resolve().await.expect("the folder");
        let ours = Migrations.resolve().await.expect("the list");
        assert!(!ours.is_empty());
        let known = |it: &sqlx::migrate::Migration| {
            let kind = it.migration_type;
            (
                it.version,
                it.description.clone(),
                kind,
                it.checksum.clone(),
            )
        };
        assert_eq!(
            ours.iter().map(known).collect::<Vec<_>>(),
            read.iter().map(known).collect::<Vec<_>>()
        );
    }
}

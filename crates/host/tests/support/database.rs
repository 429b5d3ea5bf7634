//! A database of the test's own: SQLite in its folder, or one made on the PostgreSQL that
//! B24_TEST_POSTGRES leads to.

use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{AnyConnection, Connection, Executor, any::install_default_drivers};

/// The arguments that lead a host to a fresh database, with its files in the folder.
pub async fn fresh(data: &Path) -> Vec<String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    std::fs::create_dir_all(data).unwrap();
    let mut args = vec!["--data".to_owned(), data.to_str().unwrap().to_owned()];
    if let Ok(server) = std::env::var("B24_TEST_POSTGRES") {
        install_default_drivers();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("host_{}_{number}", std::process::id());
        let mut connection = AnyConnection::connect(&format!("{server}/postgres"))
            .await
            .unwrap();
        connection
            .execute(format!("CREATE DATABASE {name}").as_str())
            .await
            .unwrap();
        let key = data.join("test-key");
        std::fs::write(&key, "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap();
        args.extend([
            "--database".to_owned(),
            format!("{server}/{name}?sslmode=disable"),
        ]);
        args.extend(["--key-file".to_owned(), key.to_str().unwrap().to_owned()]);
    }
    args
}

//! `b24-host backup` and `restore`: everything in one file, taken and put back while hosts run.
//!
//! Copying SQLite's file beside a running host would miss what stands in its write-ahead log,
//! which may be all. So the rows are read, in one form for SQLite and PostgreSQL: a line of JSON
//! each, between a line that says what it is and one that says that it is whole.

use std::{
    fs,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    backend::Backend,
    cli::{BackendArgs, BackupArgs, RestoreArgs},
    clock::Clock,
    start_error::StartError,
    store::{CopiedRow, Copy, PutBackError, Store},
};

const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Head {
    b24_host_backup: u32,
    version: String,
    at: i64,
    schema: Vec<i64>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    table: String,
    row: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Foot {
    rows: usize,
    sha256: String,
}

/// Writes a backup.
///
/// # Errors
/// When the database or the file can't be read or written; an older backup of that name stays.
pub async fn backup(args: &BackupArgs) -> Result<(), StartError> {
    let file = args.backend.data.join("host.db");
    if args.backend.database.is_none() && !file.exists() {
        return Err(StartError::new(
            format!("there is no database {}", file.display()),
            "name the host's folder with --data, or its database with --database",
        ));
    }
    let store = open(&args.backend).await?;
    let copy = store.copy().await.map_err(|error| {
        StartError::new(error.to_string(), "check --data, DATABASE_URL and the key")
    })?;
    write(&args.file, &copy, store.clock.now()).map_err(|error| {
        StartError::new(
            format!("cannot write {}: {error}", args.file.display()),
            "name a file in a folder that may be written to",
        )
    })?;
    let portals = copy.rows.iter().filter(|it| it.table == "portals").count();
    println!(
        "{}: {portals} portals, {} rows. Keep the key apart from it: without the key it opens nothing.",
        args.file.display(),
        copy.rows.len()
    );
    Ok(())
}

/// Puts a backup back.
///
/// # Errors
/// When it is not whole, was sealed with another key, or the database has portals already.
pub async fn restore(args: &RestoreArgs) -> Result<(), StartError> {
    let copy = read(&args.file)?;
    let store = open(&args.backend).await?;
    let done = store
        .put_back(&copy, args.replace)
        .await
        .map_err(|error| explain(&error))?;
    println!(
        "{} portals, {} rows are back; {} portals kept their tokens, which are newer. A running \
         host looks after the handlers within a minute.",
        done.portals, done.rows, done.newer
    );
    Ok(())
}

async fn open(args: &BackendArgs) -> Result<Store, StartError> {
    Ok(Backend::open(args, Vec::new(), Clock::System).await?.store)
}

// Written aside and put in place when it is whole and on the disk.
fn write(path: &Path, copy: &Copy, at: i64) -> io::Result<()> {
    let aside = aside(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = (|| {
        let mut out = BufWriter::new(options.open(&aside)?);
        let mut digest = Sha256::new();
        let head = Head {
            b24_host_backup: FORM,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            schema: copy.schema.clone(),
        };
        line(&mut out, &mut digest, &head)?;
        for CopiedRow { table, row } in &copy.rows {
            let (table, row) = (table.clone(), row.clone());
            line(&mut out, &mut digest, &Line { table, row })?;
        }
        let sha256 = hex(digest.clone());
        let rows = copy.rows.len();
        line(&mut out, &mut digest, &Foot { rows, sha256 })?;
        out.into_inner()?.sync_all()?;
        fs::rename(&aside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}", rand::random::<u64>()));
    path.with_file_name(name)
}

fn line(out: &mut impl Write, digest: &mut Sha256, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    digest.update(&text);
    out.write_all(text.as_bytes())
}

fn hex(digest: Sha256) -> String {
    let bytes = digest.finalize();
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

// Everything is read before the database is touched. What a line holds is not shown.
fn read(path: &Path) -> Result<Copy, StartError> {
    let bad = |cause: &str| {
        StartError::new(
            format!("{} {cause}", path.display()),
            "name a file that `b24-host backup` has written",
        )
    };
    let file = fs::File::open(path).map_err(|error| bad(&format!("can't be opened ({error})")))?;
    let mut lines = BufReader::new(file).lines();
    let mut next = || lines.next().transpose().map_err(|_| bad("is no text"));
    let mut digest = Sha256::new();
    let first = next()?.unwrap_or_default();
    let head: Head = serde_json::from_str(&first).map_err(|_| bad("is no backup"))?;
    if head.b24_host_backup != FORM {
        return Err(newer());
    }
    let mut before = first;
    let mut rows = Vec::new();
    while let Some(text) = next()? {
        digest.update(&before);
        digest.update("\n");
        if let Ok(Line { table, row }) = serde_json::from_str(&text) {
            rows.push(CopiedRow { table, row });
            before = text;
            continue;
        }
        let foot: Foot = serde_json::from_str(&text).map_err(|_| bad("is damaged"))?;
        if foot.rows != rows.len() || foot.sha256 != hex(digest) {
            return Err(bad("is damaged"));
        }
        return Ok(Copy {
            schema: head.schema,
            rows,
        });
    }
    Err(bad("breaks off: it is not whole"))
}

fn explain(error: &PutBackError) -> StartError {
    match error {
        PutBackError::NotEmpty(portals) => StartError::new(
            format!("the database has {portals} portals already"),
            "restore into an empty one, or add --replace: then what is there is replaced",
        ),
        PutBackError::Newer => newer(),
        PutBackError::AnotherKey => StartError::new(
            "the backup was sealed with another key",
            "give the key of the host it was taken from with --key-file or B24_HOST_KEY, or put \
             its file `key` into the data folder before the first start",
        ),
        PutBackError::Unknown => StartError::new(
            "the backup has a table or column that this database lacks",
            "restore it with the version of the host that has taken it",
        ),
        PutBackError::Store(error) => StartError::new(
            format!("nothing was put back: {error}"),
            "try again; a backup of an older version is restored with that version",
        ),
    }
}

fn newer() -> StartError {
    StartError::new(
        "the backup was taken by a newer host",
        "restore it with that version, or a later one",
    )
}

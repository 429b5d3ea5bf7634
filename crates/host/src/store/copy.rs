//! All rows, to be read and put back while hosts run.
//!
//! The tables and their columns are asked of the database, so that a new one is in the next
//! backup without being named here. What is sealed stays sealed.

use serde_json::{Map, Value};
use sqlx::{
    Any, AnyConnection, Column, Row, Transaction, ValueRef,
    any::{AnyRow, AnyTypeInfoKind},
};

use super::{Store, StoreError};

/// One row, by table and column.
#[derive(Debug, Clone, PartialEq)]
pub struct CopiedRow {
    /// The table.
    pub table: String,
    /// Its columns: texts and whole numbers.
    pub row: Map<String, Value>,
}

/// What a database has, at one instant.
#[derive(Debug)]
pub struct Copy {
    /// The steps of the schema it is made by.
    pub schema: Vec<i64>,
    /// Every row, those of `portals` before what belongs to them.
    pub rows: Vec<CopiedRow>,
}

/// Why rows were not put back.
#[derive(Debug)]
pub enum PutBackError {
    /// The database has portals, and nobody said that they may be replaced.
    NotEmpty(i64),
    /// They were read from a database that this host does not know yet.
    Newer,
    /// They were sealed with another key.
    AnotherKey,
    /// A table or column that is not in the database.
    Unknown,
    /// The database failed, and is as it was.
    Store(StoreError),
}

/// How many were put back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PutBack {
    /// Rows in all.
    pub rows: usize,
    /// Portals among them.
    pub portals: usize,
    /// Portals whose tokens in the database were newer, and stayed.
    pub newer: usize,
}

const PORTALS: &str = "portals";

/// What belongs to the running hosts and to the moment, not to a portal.
const OF_THE_MOMENT: [&str; 2] = ["leases", "slots"];

impl Store {
    /// Reads everything as it was at one instant, whatever is written meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn copy(&self) -> Result<Copy, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if is_postgres(&transaction) {
            sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                .execute(&mut *transaction)
                .await?;
        }
        let schema = schema(&mut transaction).await?;
        let mut rows = Vec::new();
        for table in tables(&mut transaction).await? {
            let all = sqlx::query(&format!("SELECT * FROM {table}"))
                .fetch_all(&mut *transaction)
                .await?;
            for row in &all {
                rows.push(CopiedRow {
                    table: table.clone(),
                    row: columns(row)?,
                });
            }
        }
        transaction.rollback().await?;
        Ok(Copy { schema, rows })
    }

    /// Puts rows back in the place of all there are, in one step. Handlers are looked after anew,
    /// for the portals may have changed since. A portal whose tokens have been renewed since keeps
    /// its row: the older tokens may be spent.
    ///
    /// # Errors
    /// With the first thing that is wrong; then the database is as it was.
    pub async fn put_back(&self, copy: &Copy, replace: bool) -> Result<PutBack, PutBackError> {
        self.check_copied_key(copy)?;
        let mut transaction = self.pool.begin().await?;
        let known = schema(&mut transaction).await?;
        if copy.schema.iter().any(|step| !known.contains(step)) {
            return Err(PutBackError::Newer);
        }
        let tables = tables(&mut transaction).await?;
        lock(&mut transaction, &tables).await?;
        let mut there = generations(&mut transaction).await?;
        if !there.is_empty() && !replace {
            let portals = i64::try_from(there.len()).unwrap_or(i64::MAX);
            return Err(PutBackError::NotEmpty(portals));
        }
        for table in tables.iter().filter(|it| *it != PORTALS) {
            sqlx::query(&format!("DELETE FROM {table}"))
                .execute(&mut *transaction)
                .await?;
        }
        let mut done = PutBack::default();
        for copied in &copy.rows {
            let CopiedRow { table, row } = copied;
            if !tables.contains(table) {
                return Err(PutBackError::Unknown);
            }
            if OF_THE_MOMENT.contains(&table.as_str()) {
                continue;
            }
            done.rows += 1;
            if table == PORTALS {
                done.portals += 1;
                let member = text(row, "member_id");
                let now = there.iter().position(|(it, _)| it == member);
                if let Some((_, generation)) = now.map(|at| there.swap_remove(at)) {
                    if row["generation"].as_i64().is_some_and(|it| it < generation) {
                        done.newer += 1;
                        continue;
                    }
                    forget(&mut transaction, member).await?;
                }
            }
            insert(&mut transaction, table, row).await?;
        }
        for (member, _) in there {
            forget(&mut transaction, &member).await?;
        }
        sqlx::query("UPDATE bindings SET pending = 1")
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done)
    }

    // The known text that tells a wrong key at start is in the copy, too.
    fn check_copied_key(&self, copy: &Copy) -> Result<(), PutBackError> {
        let mut facts = copy.rows.iter().filter(|it| it.table == "facts");
        let sealed = facts
            .find(|it| text(&it.row, "name") == "key")
            .map_or("", |it| text(&it.row, "text"));
        match self.seal.open(&["facts", "key"], sealed) {
            Ok(_) => Ok(()),
            Err(_) => Err(PutBackError::AnotherKey),
        }
    }
}

fn is_postgres(connection: &AnyConnection) -> bool {
    connection.backend_name() == "PostgreSQL"
}

async fn schema(connection: &mut AnyConnection) -> Result<Vec<i64>, StoreError> {
    let select = "SELECT version FROM _sqlx_migrations ORDER BY version";
    Ok(sqlx::query_scalar(select).fetch_all(connection).await?)
}

// `portals` first: the others refer to it.
async fn tables(connection: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    let select = if is_postgres(connection) {
        "SELECT tablename::TEXT FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
    };
    let mut tables: Vec<String> = sqlx::query_scalar(select).fetch_all(connection).await?;
    tables.retain(|it| it != "_sqlx_migrations");
    tables.sort_by_key(|it| it != PORTALS);
    Ok(tables)
}

// Readers go on; who writes waits, and writes into what was put back.
async fn lock(
    transaction: &mut Transaction<'static, Any>,
    tables: &[String],
) -> Result<(), StoreError> {
    let statement = if is_postgres(transaction) {
        format!("LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", "))
    } else {
        // SQLite's one lock is taken by writing.
        "DELETE FROM leases".to_owned()
    };
    sqlx::query(&statement).execute(&mut **transaction).await?;
    Ok(())
}

async fn generations(connection: &mut AnyConnection) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query("SELECT member_id, generation FROM portals")
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("member_id")?, row.try_get("generation")?)))
        .collect()
}

async fn forget(connection: &mut AnyConnection, member_id: &str) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM portals WHERE member_id = $1")
        .bind(member_id)
        .execute(connection)
        .await?;
    Ok(())
}

async fn insert(
    connection: &mut AnyConnection,
    table: &str,
    row: &Map<String, Value>,
) -> Result<(), PutBackError> {
    let given = || row.iter().filter(|(_, value)| !value.is_null());
    let names: Vec<&str> = given().map(|(name, _)| name.as_str()).collect();
    let plain = |name: &str| name.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    if !names.iter().all(|it| plain(it)) {
        return Err(PutBackError::Unknown);
    }
    let places: Vec<String> = (1..=names.len()).map(|it| format!("${it}")).collect();
    let statement = format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        places.join(", ")
    );
    let mut query = sqlx::query(&statement);
    for (_, value) in given() {
        query = match value {
            Value::String(text) => query.bind(text.as_str()),
            other => query.bind(other.as_i64().ok_or(PutBackError::Unknown)?),
        };
    }
    query.execute(connection).await.map_err(StoreError::from)?;
    Ok(())
}

fn columns(row: &AnyRow) -> Result<Map<String, Value>, StoreError> {
    let mut columns = Map::new();
    for column in row.columns() {
        let at = column.ordinal();
        let kind = row.try_get_raw(at)?.type_info().kind();
        let value = match kind {
            AnyTypeInfoKind::Null => Value::Null,
            AnyTypeInfoKind::SmallInt | AnyTypeInfoKind::Integer | AnyTypeInfoKind::BigInt => {
                row.try_get::<Option<i64>, _>(at)?.into()
            }
            // The schema has texts and whole numbers only; anything else is an error of the driver.
            _ => row.try_get::<Option<String>, _>(at)?.into(),
        };
        columns.insert(column.name().to_owned(), value);
    }
    Ok(columns)
}

fn text<'a>(row: &'a Map<String, Value>, name: &str) -> &'a str {
    row.get(name).and_then(Value::as_str).unwrap_or_default()
}

impl From<StoreError> for PutBackError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for PutBackError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

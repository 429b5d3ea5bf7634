//! Sealing anew, by the first key, what older keys have sealed.

use sqlx::Row;
use tracing::error;

use super::{Store, StoreError};

/// A column of sealed texts: its table, the columns of the row's key, the column, and what the
/// place of a text is made of.
struct Sealed {
    table: &'static str,
    key: &'static [&'static str],
    column: &'static str,
    /// The last part of the place, where the row's key does not end it.
    kind: Option<&'static str>,
    /// The first part of the place.
    place: &'static str,
}

const SEALED: [Sealed; 8] = [
    Sealed {
        table: "portals",
        key: &["member_id"],
        column: "access_token",
        kind: Some("access"),
        place: "portals",
    },
    Sealed {
        table: "portals",
        key: &["member_id"],
        column: "refresh_token",
        kind: Some("refresh"),
        place: "portals",
    },
    Sealed {
        table: "portals",
        key: &["member_id"],
        column: "application_token",
        kind: Some("application"),
        place: "portals",
    },
    Sealed {
        table: "installs",
        key: &["id"],
        column: "candidate",
        kind: None,
        place: "installs",
    },
    Sealed {
        table: "calls",
        key: &["member_id", "call_key"],
        column: "payload",
        kind: None,
        place: "calls",
    },
    Sealed {
        table: "callbacks",
        key: &["member_id", "call_key"],
        column: "payload",
        kind: None,
        place: "callbacks",
    },
    Sealed {
        table: "external_lines",
        key: &["member_id"],
        column: "numbers",
        kind: None,
        place: "external_lines",
    },
    Sealed {
        table: "settings",
        key: &["member_id", "user_id", "field"],
        column: "text",
        kind: None,
        place: "settings",
    },
];

impl Store {
    /// Seals by the first key whatever another has sealed. Returns how many texts that were, or
    /// nothing when there is one key only. Afterwards the other keys may go.
    ///
    /// # Errors
    /// When the database fails; what is done by then stays done.
    pub async fn seal_anew(&self) -> Result<Option<u64>, StoreError> {
        if !self.seal.has_old_keys() {
            return Ok(None);
        }
        let mut sealed = 0;
        for column in &SEALED {
            sealed += self.seal_column_anew(column).await?;
        }
        let known = super::KEY_PLACE;
        let kept: String = sqlx::query_scalar("SELECT text FROM facts WHERE name = $1")
            .bind("key")
            .fetch_one(&self.pool)
            .await?;
        if let Some(anew) = self.seal.seal_anew(&known, &kept)? {
            sqlx::query("UPDATE facts SET text = $1 WHERE name = $2")
                .bind(anew)
                .bind("key")
                .execute(&self.pool)
                .await?;
        }
        Ok(Some(sealed))
    }

    async fn seal_column_anew(&self, sealed: &Sealed) -> Result<u64, StoreError> {
        let Sealed {
            table, key, column, ..
        } = sealed;
        // As text, for a user's number is one in the place.
        let keys: Vec<String> = key
            .iter()
            .map(|it| format!("CAST({it} AS TEXT) AS {it}"))
            .collect();
        let select = format!("SELECT {}, {column} FROM {table}", keys.join(", "));
        let rows = sqlx::query(&select).fetch_all(&self.pool).await?;
        let matches: Vec<String> = key
            .iter()
            .enumerate()
            .map(|(at, it)| format!("CAST({it} AS TEXT) = ${}", at + 3))
            .collect();
        // Only if nobody has written it meanwhile, who did so by the first key.
        let update = format!(
            "UPDATE {table} SET {column} = $1 WHERE {column} = $2 AND {}",
            matches.join(" AND ")
        );
        let mut done = 0;
        for row in rows {
            let text: String = row.try_get(*column)?;
            if text.is_empty() {
                continue;
            }
            let mut place = vec![sealed.place.to_owned()];
            for name in *key {
                place.push(row.try_get(*name)?);
            }
            let parts = place[1..].to_vec();
            place.extend(sealed.kind.map(str::to_owned));
            let place: Vec<&str> = place.iter().map(String::as_str).collect();
            let Ok(anew) = self.seal.seal_anew(&place, &text) else {
                error!(
                    table,
                    "a text in the database opens with none of the keys: left as it is"
                );
                continue;
            };
            let Some(anew) = anew else {
                continue;
            };
            let mut query = sqlx::query(&update).bind(anew).bind(text);
            for part in parts {
                query = query.bind(part);
            }
            done += query.execute(&self.pool).await?.rows_affected();
        }
        Ok(done)
    }
}

//! Which placements a portal is meant to have.

use serde::{Deserialize, Serialize};
use sqlx::{
    Any, Row,
    any::{AnyArguments, AnyRow},
    query::Query,
};
use tracing::error;

use super::{Store, StoreError};

/// A handler that a portal is meant to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The portal.
    pub member_id: String,
    /// The placement's name.
    pub placement: String,
    /// The one user it is for, or 0 for everyone.
    pub user_id: i64,
    /// What to bind there.
    pub wanted: Wanted,
    /// Whether the portal is not known to have it yet.
    pub pending: bool,
    /// Whether a deletion notice waits to be looked into.
    pub check_due: bool,
}

/// The handler itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The address the portal posts to.
    pub handler: String,
    /// The address that is told of a deletion; empty where the placement has none.
    pub error_handler: String,
    /// Titles by language.
    pub titles: Vec<(String, String)>,
    /// Addresses it had before this one, to be removed once this one is bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
}

impl Binding {
    /// The turn at binding it.
    #[must_use]
    pub fn turn(&self) -> String {
        format!("bind {} {}", self.placement, self.user_id)
    }
}

impl Store {
    /// Writes down that a handler is wanted, before it is asked for. Other tasks and replicas
    /// leave it to the caller for so many seconds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn want_binding(&self, binding: &Binding, seconds: i64) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        want(binding).execute(&mut *transaction).await?;
        reserve(binding, self.clock.now() + seconds)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Notes that the portal has a handler.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_binding(&self, binding: &Binding) -> Result<(), StoreError> {
        if !binding.wanted.replaces.is_empty() {
            let mut wanted = binding.wanted.clone();
            wanted.replaces.clear();
            let wanted = serde_json::to_string(&wanted).unwrap_or_default();
            let update = "UPDATE bindings SET wanted = $1 \
                 WHERE member_id = $2 AND placement = $3 AND user_id = $4";
            sqlx::query(update)
                .bind(wanted)
                .bind(binding.member_id.as_str())
                .bind(binding.placement.as_str())
                .bind(binding.user_id)
                .execute(&self.pool)
                .await?;
        }
        self.touch("UPDATE bindings SET pending = 0", binding).await
    }

    /// Notes that a deletion notice is being looked into. One that comes meanwhile is kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_check(&self, binding: &Binding) -> Result<(), StoreError> {
        self.touch("UPDATE bindings SET check_due = 2", binding)
            .await
    }

    /// Notes that a deletion notice was looked into, unless another has come since.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_check(&self, binding: &Binding) -> Result<(), StoreError> {
        let statement = "UPDATE bindings SET check_due = CASE WHEN check_due = 2 THEN 0 \
             ELSE check_due END";
        self.touch(statement, binding).await
    }

    /// Forgets that a handler is wanted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_binding(&self, binding: &Binding) -> Result<(), StoreError> {
        self.touch("DELETE FROM bindings", binding).await
    }

    /// Notes a deletion notice. Returns whether it is the first since the last look.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_deletion(
        &self,
        member_id: &str,
        placement: &str,
    ) -> Result<bool, StoreError> {
        let update = "UPDATE bindings SET check_due = 1 \
             WHERE member_id = $1 AND placement = $2 AND check_due <> 1";
        let done = sqlx::query(update)
            .bind(member_id)
            .bind(placement)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Every handler of a portal.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bindings_of(&self, member_id: &str) -> Result<Vec<Binding>, StoreError> {
        let select = "SELECT * FROM bindings WHERE member_id = $1 ORDER BY placement, user_id";
        let rows = sqlx::query(select)
            .bind(member_id)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Every handler with something left to do.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unsettled_bindings(&self) -> Result<Vec<Binding>, StoreError> {
        let select = "SELECT * FROM bindings WHERE pending = 1 OR check_due <> 0 \
             ORDER BY member_id, placement, user_id";
        let rows = sqlx::query(select).fetch_all(&self.pool).await?;
        // One that cannot be read is told in the log, and holds up no other.
        let read = |row| match read(row) {
            Ok(binding) => Some(binding),
            Err(_) => {
                error!("a wanted handler in the database cannot be read: left out");
                None
            }
        };
        Ok(rows.iter().filter_map(read).collect())
    }

    async fn touch(&self, statement: &str, binding: &Binding) -> Result<(), StoreError> {
        let whole = format!("{statement} WHERE member_id = $1 AND placement = $2 AND user_id = $3");
        sqlx::query(&whole)
            .bind(binding.member_id.as_str())
            .bind(binding.placement.as_str())
            .bind(binding.user_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// The statement of [`Store::want_binding`], for transactions too.
pub(super) fn want(binding: &Binding) -> Query<'_, Any, AnyArguments<'_>> {
    let json = serde_json::to_string(&binding.wanted).unwrap_or_default();
    sqlx::query(
        "INSERT INTO bindings (member_id, placement, user_id, wanted, pending, check_due) \
         VALUES ($1, $2, $3, $4, 1, 0) ON CONFLICT (member_id, placement, user_id) \
         DO UPDATE SET wanted = excluded.wanted, pending = 1",
    )
    .bind(binding.member_id.as_str())
    .bind(binding.placement.as_str())
    .bind(binding.user_id)
    .bind(json)
}

/// The statement that keeps others from binding it until then.
pub(super) fn reserve(binding: &Binding, until: i64) -> Query<'_, Any, AnyArguments<'_>> {
    sqlx::query(
        "INSERT INTO slots (member_id, name, next_at, strikes) VALUES ($1, $2, $3, 0) \
         ON CONFLICT (member_id, name) DO UPDATE SET next_at = excluded.next_at",
    )
    .bind(binding.member_id.as_str())
    .bind(binding.turn())
    .bind(until)
}

fn read(row: &AnyRow) -> Result<Binding, StoreError> {
    let wanted: String = row.try_get("wanted")?;
    Ok(Binding {
        member_id: row.try_get("member_id")?,
        placement: row.try_get("placement")?,
        user_id: row.try_get("user_id")?,
        wanted: serde_json::from_str(&wanted).map_err(|_| StoreError::WillNotOpen)?,
        pending: row.try_get::<i64, _>("pending")? != 0,
        check_due: row.try_get::<i64, _>("check_due")? != 0,
    })
}

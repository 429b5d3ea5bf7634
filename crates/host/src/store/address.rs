//! The address that handlers are bound at, and moving them to another.

use sqlx::Row;

use super::{Store, StoreError, Wanted};

const NAME: &str = "public_url";

impl Store {
    /// The host's public address at its last start with one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn public_url(&self) -> Result<Option<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT text FROM facts WHERE name = $1")
            .bind(NAME)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// Keeps the host's public address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_public_url(&self, url: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO facts (name, text) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET text = excluded.text",
        )
        .bind(NAME)
        .bind(url)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Wants every handler at one address of this host to be at another, and notes that the old
    /// one is to be removed. Returns how many there are.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn move_handlers(&self, from: &str, to: &str) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let rows = sqlx::query("SELECT member_id, placement, user_id, wanted FROM bindings")
            .fetch_all(&mut *transaction)
            .await?;
        let mut moved = 0;
        for row in rows {
            let wanted: String = row.try_get("wanted")?;
            let mut wanted: Wanted =
                serde_json::from_str(&wanted).map_err(|_| StoreError::WillNotOpen)?;
            if !wanted.move_to(from, to) {
                continue;
            }
            sqlx::query(
                "UPDATE bindings SET wanted = $1, pending = 1 \
                 WHERE member_id = $2 AND placement = $3 AND user_id = $4",
            )
            .bind(serde_json::to_string(&wanted).unwrap_or_default())
            .bind(row.try_get::<String, _>("member_id")?)
            .bind(row.try_get::<String, _>("placement")?)
            .bind(row.try_get::<i64, _>("user_id")?)
            .execute(&mut *transaction)
            .await?;
            moved += 1;
        }
        // What could not be bound at the old address need not wait for its turn.
        sqlx::query("DELETE FROM slots WHERE name LIKE 'bind %'")
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(moved)
    }

    /// The portals that are to have no handler at all, because they installed before the host
    /// knew its address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn members_without_bindings(&self) -> Result<Vec<String>, StoreError> {
        let select = "SELECT member_id FROM portals WHERE trouble <> 'uninstalled' AND member_id NOT IN \
             (SELECT member_id FROM bindings) ORDER BY member_id";
        Ok(sqlx::query_scalar(select).fetch_all(&self.pool).await?)
    }
}

impl Wanted {
    /// Moves to another address of the host. Returns whether it was at the first.
    fn move_to(&mut self, from: &str, to: &str) -> bool {
        let moved = |url: &str| {
            let path = url.strip_prefix(from).filter(|it| it.starts_with('/'))?;
            Some(format!("{to}{path}"))
        };
        let (handler, error_handler) = (moved(&self.handler), moved(&self.error_handler));
        let any = handler.is_some() || error_handler.is_some();
        if let Some(handler) = handler {
            let old = std::mem::replace(&mut self.handler, handler);
            self.replaces.retain(|it| *it != self.handler);
            if !self.replaces.contains(&old) {
                self.replaces.push(old);
            }
        }
        if let Some(error_handler) = error_handler {
            self.error_handler = error_handler;
        }
        any
    }
}

//! An operator's softphone account.

use std::collections::BTreeMap;

use sqlx::Row;

use super::{Store, StoreError};
use crate::secret::Secret;

/// The fields an operator has, each sealed by itself.
pub const FIELDS: [&str; 10] = [
    "server",
    "domain",
    "account",
    "login",
    "password",
    "name",
    "line",
    "ice",
    "turnUser",
    "turnPassword",
];

impl Store {
    /// One operator's settings.
    ///
    /// # Errors
    /// When the database fails or a row does not open.
    pub async fn settings(
        &self,
        member_id: &str,
        user_id: i64,
    ) -> Result<BTreeMap<String, Secret>, StoreError> {
        let select = "SELECT field, text FROM settings WHERE member_id = $1 AND user_id = $2";
        let rows = sqlx::query(select)
            .bind(member_id)
            .bind(user_id)
            .fetch_all(&self.pool)
            .await?;
        let user = user_id.to_string();
        let mut settings = BTreeMap::new();
        for row in rows {
            let field: String = row.try_get("field")?;
            let sealed: String = row.try_get("text")?;
            let text = self
                .seal
                .open(&["settings", member_id, &user, &field], &sealed)?;
            settings.insert(field, text);
        }
        Ok(settings)
    }

    /// Saves the given fields and leaves the others as they are; an empty one is removed.
    ///
    /// # Errors
    /// When the database fails; then nothing is saved.
    pub async fn save_settings(
        &self,
        member_id: &str,
        user_id: i64,
        fields: &BTreeMap<String, Secret>,
    ) -> Result<(), StoreError> {
        const DELETE: &str =
            "DELETE FROM settings WHERE member_id = $1 AND user_id = $2 AND field = $3";
        const INSERT: &str = "INSERT INTO settings (member_id, user_id, field, text) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (member_id, user_id, field) DO UPDATE SET text = excluded.text";
        let user = user_id.to_string();
        let mut transaction = self.pool.begin().await?;
        for (field, text) in fields {
            let query = sqlx::query(if text.is_empty() { DELETE } else { INSERT })
                .bind(member_id)
                .bind(user_id)
                .bind(field.as_str());
            let query = if text.is_empty() {
                query
            } else {
                let place = ["settings", member_id, &user, field];
                query.bind(self.seal.seal(&place, text.reveal()))
            };
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

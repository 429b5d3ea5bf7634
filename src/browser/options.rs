//! What an integrator chooses, as it is given.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::env;
use crate::call::has_digit;
use crate::config::{Config, Records, SecondCall, StatusTexts, TransferMode};
use crate::lenient;

/// What an integrator chooses when a worker is started. All of it may be left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Options {
    /// The operator's user id; asked of the portal (`profile`) when absent.
    #[serde(deserialize_with = "lenient::id")]
    pub user_id: Option<u64>,
    /// The numbers of the softphone's lines; see [`Config::lines`].
    #[serde(deserialize_with = "lenient::list")]
    pub lines: Vec<String>,
    /// `false`: a click on a number shows the card's call button instead of dialling at once.
    pub auto_dial: Option<bool>,
    /// What the card's transfer button begins: `attended` (the default) or `blind`.
    pub transfer: TransferMode,
    /// What becomes of a caller while a call is up: `reject` (the default) or `wait`.
    pub second_call: SecondCall,
    /// Who keeps the calls' records: `worker` (the default), or a `backend`, the PBX's own connector.
    pub records: Records,
    /// The card's texts in another language; those that are absent stay English.
    pub status_texts: StatusTexts,
    /// `false`: the card does not say when somebody can't hear.
    pub sound_on_card: Option<bool>,
    /// `false`: the portal creates no CRM entity for an unknown number.
    pub crm_create: Option<bool>,
    /// The source of such an entity, a `STATUS_ID` of the portal's sources.
    #[serde(deserialize_with = "lenient::text")]
    pub crm_source: Option<String>,
    /// The number under which a caller is registered who withholds theirs; it has a digit.
    #[serde(deserialize_with = "placeholder")]
    pub withheld: Option<String>,
    /// `false`: the portal tells the operator's chat of no call.
    pub add_to_chat: Option<bool>,
    /// `false`: signals of a backend are not listened to. They need the scope `pull`.
    pub signals: Option<bool>,
}

impl Options {
    pub(super) fn config(self, user_id: u64, softphone: bool) -> Config {
        let mut config = Config::new(user_id, prefix());
        config.softphone = softphone;
        config.lines = self.lines;
        config.auto_dial = self.auto_dial.unwrap_or(config.auto_dial);
        config.transfer = self.transfer;
        config.second_call = self.second_call;
        config.records = self.records;
        config.texts = self.status_texts;
        config.sound_on_card = self.sound_on_card.unwrap_or(config.sound_on_card);
        config.crm_source = self.crm_source;
        config.withheld = self.withheld.unwrap_or(config.withheld);
        config.crm_create = self.crm_create.unwrap_or(config.crm_create);
        config.add_to_chat = self.add_to_chat.unwrap_or(config.add_to_chat);
        config
    }
}

/// A number that the portal takes.
fn placeholder<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let given = lenient::text(d)?;
    if given.as_deref().is_some_and(|number| !has_digit(number)) {
        return Err(D::Error::custom(
            "the portal registers no number without a digit",
        ));
    }
    Ok(given)
}

/// Begins the names of this worker's calls: no two workers may share one.
pub(super) fn prefix() -> String {
    format!("b24w-{:016x}", env::random())
}

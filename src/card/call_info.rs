//! Whose call a card shows: the payloads of `initialized` and `entityChanged`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::lenient::{self, Scalar};

/// The portal's name of a call, e.g. `externalCall.<32 hex digits>.<unix time>`. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct CallId(String);

impl CallId {
    /// The id, or `None` for an empty text.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Option<Self> {
        let id = id.into();
        (!id.is_empty()).then_some(Self(id))
    }

    /// The id as the portal prints it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::needed_text(deserializer)
            .map(Self)
            .map_err(|_| serde::de::Error::custom("CALL_ID is empty"))
    }
}

/// The other side's number, as far as the portal tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum PhoneNumber {
    /// The portal gave none (key absent, `""` or the word `unknown`).
    #[default]
    Unknown,
    /// The caller withholds it (the word `hidden`).
    Hidden,
    /// The number, as the portal prints it.
    Known(String),
}

impl PhoneNumber {
    /// The number, if there is one.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(number) => Some(number),
            Self::Unknown | Self::Hidden => None,
        }
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Scalar::deserialize(deserializer)?.text() {
            None => Self::Unknown,
            Some(word) if word == "unknown" => Self::Unknown,
            Some(word) if word == "hidden" => Self::Hidden,
            Some(number) => Self::Known(number),
        })
    }
}

impl Serialize for PhoneNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Unknown => "unknown",
            Self::Hidden => "hidden",
            Self::Known(number) => number,
        })
    }
}

/// A closed list of the portal's words, plus whatever it may say tomorrow.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)*
            /// A word this version does not know, as it came (`""` when absent).
            Other(String),
        }

        impl $name {
            /// The portal's word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = Scalar::deserialize(deserializer)?.text().unwrap_or_default();
                Ok(match word.as_str() {
                    $($word => Self::$variant,)*
                    _ => Self::Other(word),
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// Which way the portal believes a call goes.
    ///
    /// Trust your own record of a call before this: an outgoing call shown to two users at once
    /// is presented as `incoming`.
    CallDirection {
        /// A customer called.
        Incoming = "incoming",
        /// The operator calls.
        Outgoing = "outgoing",
        /// The operator calls back, on a request left in a form.
        Callback = "callback",
    }
}

words! {
    /// The state of the call when its card appeared.
    CallState {
        /// Nothing has happened yet: what the portal sends for external calls.
        Idle = "idle",
        /// The call is being set up.
        Connecting = "connecting",
        /// The two sides talk.
        Connected = "connected",
    }
}

/// A CRM entity: `CONTACT`, `COMPANY`, `LEAD`, `DEAL`, … and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CrmEntity {
    /// The portal's word for the type, e.g. `CONTACT`.
    pub entity_type: String,
    /// The entity's id, never 0.
    pub entity_id: u64,
}

impl CrmEntity {
    pub(crate) fn new(entity_type: Option<String>, entity_id: Option<u64>) -> Option<Self> {
        Some(Self {
            entity_type: entity_type?,
            entity_id: entity_id?,
        })
    }
}

/// A card has appeared: the payload of `BackgroundCallCard::initialized`.
///
/// Source: [initialized](https://apidocs.bitrix24.com/api-reference/widgets/ui-interaction/page-background-worker/events/initialized.html).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "CallInfoWire", rename_all = "camelCase")]
pub struct CallInfo {
    /// The call this card belongs to.
    pub call_id: CallId,
    /// The other side's number.
    pub phone_number: PhoneNumber,
    /// The line the call came in on or goes out from.
    pub line_number: Option<String>,
    /// The line's name.
    pub line_name: Option<String>,
    /// The CRM entity the portal has found for the number.
    pub crm_entity: Option<CrmEntity>,
    /// The CRM activity of the call.
    pub crm_activity_id: Option<u64>,
    /// Further entities the call is bound to.
    pub crm_bindings: Vec<CrmEntity>,
    /// Which way the portal believes the call goes.
    pub direction: CallDirection,
    /// The state of the call when its card appeared.
    pub call_state: CallState,
    /// Whether the card belongs to a call list (a calling campaign).
    pub call_list_mode: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct CallInfoWire {
    call_id: CallId,
    #[serde(default)]
    phone_number: PhoneNumber,
    #[serde(default, deserialize_with = "lenient::text")]
    line_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    line_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    crm_entity_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::id")]
    crm_entity_id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::id")]
    crm_activity_id: Option<u64>,
    #[serde(default, deserialize_with = "lenient::list")]
    crm_bindings: Vec<BindingWire>,
    #[serde(default)]
    call_direction: CallDirection,
    #[serde(default)]
    call_state: CallState,
    #[serde(default, deserialize_with = "lenient::flag")]
    call_list_mode: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct BindingWire {
    #[serde(default, deserialize_with = "lenient::text")]
    entity_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::id")]
    entity_id: Option<u64>,
}

impl From<CallInfoWire> for CallInfo {
    fn from(wire: CallInfoWire) -> Self {
        Self {
            call_id: wire.call_id,
            phone_number: wire.phone_number,
            line_number: wire.line_number,
            line_name: wire.line_name,
            crm_entity: CrmEntity::new(wire.crm_entity_type, wire.crm_entity_id),
            crm_activity_id: wire.crm_activity_id,
            crm_bindings: wire
                .crm_bindings
                .into_iter()
                .filter_map(|b| CrmEntity::new(b.entity_type, b.entity_id))
                .collect(),
            direction: wire.call_direction,
            call_state: wire.call_state,
            call_list_mode: wire.call_list_mode,
        }
    }
}

/// The client of the call became known or changed: the payload of `BackgroundCallCard::entityChanged`.
///
/// May come before `initialized`, and without an entity.
/// Source: [entityChanged](https://apidocs.bitrix24.com/api-reference/widgets/ui-interaction/page-background-worker/events/entity-changed.html).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "EntityChangeWire", rename_all = "camelCase")]
pub struct EntityChange {
    /// The entity, if the portal has one now.
    pub crm_entity: Option<CrmEntity>,
    /// The number of the call.
    pub phone_number: PhoneNumber,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct EntityChangeWire {
    #[serde(default, deserialize_with = "lenient::text")]
    crm_entity_type: Option<String>,
    #[serde(default, deserialize_with = "lenient::id")]
    crm_entity_id: Option<u64>,
    #[serde(default)]
    phone_number: PhoneNumber,
}

impl From<EntityChangeWire> for EntityChange {
    fn from(wire: EntityChangeWire) -> Self {
        Self {
            crm_entity: CrmEntity::new(wire.crm_entity_type, wire.crm_entity_id),
            phone_number: wire.phone_number,
        }
    }
}

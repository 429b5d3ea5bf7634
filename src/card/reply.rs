//! What the portal answers to a command.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, ErrorKind};
use crate::lenient::Scalar;
use crate::softphone::PhoneCallId;

/// A command's success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub enum Reply {
    /// Done: `[]`.
    Done,
    /// Nothing, where only a failure would have been answered.
    Silent,
    /// The names of the card's states.
    UiStates(Vec<String>),
    /// Of a question to the hub: whether nobody has asked it before.
    First(bool),
    /// The softphone's name of the call that is dialled.
    Dialling(PhoneCallId),
}

impl Reply {
    /// Reads an answer in any of its shapes: `[]`, a list of states,
    /// `[{"result":"error","errorCode":…}]`, the same object bare (desktop application), nothing.
    ///
    /// # Errors
    /// The portal's refusal: [`CardUndefined`](ErrorKind::CardUndefined),
    /// [`InvalidUiState`](ErrorKind::InvalidUiState), or [`Refused`](ErrorKind::Refused) with the
    /// portal's own text; [`Malformed`](ErrorKind::Malformed) for an answer of no known shape.
    ///
    /// ```
    /// use b24_background_worker::{ErrorKind, card::Reply};
    ///
    /// let answer = serde_json::json!([{ "result": "error", "errorCode": "Call card is undefined" }]);
    /// assert_eq!(Reply::parse(answer).unwrap_err().kind(), ErrorKind::CardUndefined);
    /// assert_eq!(Reply::parse(serde_json::json!([])).unwrap(), Reply::Done);
    /// ```
    pub fn parse<'de, D: Deserializer<'de>>(answer: D) -> Result<Self, Error> {
        match Answer::deserialize(answer) {
            Ok(Answer::Done) => Ok(Self::Done),
            Ok(Answer::Names(names)) => Ok(Self::UiStates(names)),
            Ok(Answer::Refusal(code)) => Err(refusal(&code)),
            Err(error) => Err(Error::new(
                ErrorKind::Malformed,
                format!("the portal's answer can't be read: {error}"),
            )),
        }
    }
}

fn refusal(code: &str) -> Error {
    let kind = match code {
        "Call card is undefined" => ErrorKind::CardUndefined,
        "Invalid ui state" => ErrorKind::InvalidUiState,
        _ => ErrorKind::Refused,
    };
    Error::new(kind, format!("the portal answered: {code}"))
}

/// One answer, or one element of it: the shapes are the same.
enum Answer {
    Done,
    Names(Vec<String>),
    Refusal(String),
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnswerVisitor)
    }
}

struct AnswerVisitor;

impl<'de> Visitor<'de> for AnswerVisitor {
    type Value = Answer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[], a list of names, or an error object")
    }

    fn visit_unit<E>(self) -> Result<Answer, E> {
        Ok(Answer::Done)
    }

    fn visit_none<E>(self) -> Result<Answer, E> {
        Ok(Answer::Done)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Answer, E> {
        if value {
            Ok(Answer::Done)
        } else {
            Err(E::custom("false"))
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Answer, E> {
        Ok(if value.is_empty() {
            Answer::Done
        } else {
            Answer::Names(vec![value.to_owned()])
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Answer, A::Error> {
        let (mut names, mut refused) = (Vec::new(), None);
        while let Some(element) = seq.next_element()? {
            match element {
                Answer::Names(more) => names.extend(more),
                Answer::Refusal(code) => refused = refused.or(Some(code)),
                Answer::Done => {}
            }
        }
        Ok(match refused {
            Some(code) => Answer::Refusal(code),
            None if names.is_empty() => Answer::Done,
            None => Answer::Names(names),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answer, A::Error> {
        let (mut failed, mut code) = (false, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "result" => failed = map.next_value::<Scalar>()?.text().as_deref() == Some("error"),
                "errorCode" => code = map.next_value::<Scalar>()?.text(),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(match (failed, code) {
            (_, Some(code)) => Answer::Refusal(code),
            (true, None) => Answer::Refusal("an error without a code".to_owned()),
            (false, None) => Answer::Done,
        })
    }
}

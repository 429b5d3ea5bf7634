//! Whether `--worker-options` and `--adapter-options` are what the worker and the adapter take.
//!
//! The build reads the types out of the typings and puts them into `dist/options.json`, beside the
//! modules they are true of. A misspelt key would otherwise be silence on every page.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::start_error::StartError;

/// What there is to be known of the modules in a `dist/`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct OptionTypes {
    /// The worker's options.
    #[serde(default)]
    pub worker: Properties,
    /// The recorder's options.
    #[serde(default)]
    pub recorder: Properties,
    /// Those of each adapter that says what it takes.
    #[serde(default)]
    pub adapters: BTreeMap<String, Properties>,
}

/// Options by name.
pub type Properties = BTreeMap<String, Property>;

/// One option.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Property {
    /// What it may be: `boolean`, `number`, `string`, `array`, `object`; `function` is nothing
    /// that JSON can say, and `any` everything.
    #[serde(default)]
    types: Vec<String>,
    /// The texts it may be, where they are few.
    #[serde(default)]
    values: Vec<String>,
    /// What is in it, if it is an object whose keys are known.
    #[serde(default)]
    properties: Properties,
}

/// Checks options against their types. Names are told, values never.
///
/// # Errors
/// With every option that is misspelt or of a wrong type.
pub fn check(
    option: &str,
    given: &Map<String, Value>,
    known: &Properties,
) -> Result<(), StartError> {
    let mut faults = Vec::new();
    check_all(given, known, "", &mut faults);
    if faults.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    Err(StartError::new(
        format!("{option}: {}", faults.join("; ")),
        format!("correct or remove it: there are {}", names.join(", ")),
    ))
}

fn check_all(
    given: &Map<String, Value>,
    known: &Properties,
    inside: &str,
    faults: &mut Vec<String>,
) {
    for (name, value) in given {
        let whole = format!("{inside}{name}");
        match known.get(name) {
            None => faults.push(misspelt(&whole, name, known)),
            Some(property) => check_one(&whole, value, property, faults),
        }
    }
}

fn check_one(name: &str, value: &Value, property: &Property, faults: &mut Vec<String>) {
    let Property {
        types,
        values,
        properties,
    } = property;
    let is = |kind: &str| types.iter().any(|it| it == kind);
    let fits = is("any")
        || match value {
            Value::Null => false,
            Value::Bool(_) => is("boolean"),
            Value::Number(_) => is("number"),
            Value::String(text) => is("string") && (values.is_empty() || values.contains(text)),
            Value::Array(_) => is("array"),
            Value::Object(_) => is("object"),
        };
    if !fits {
        faults.push(format!("{name:?} must be {}", expected(types, values)));
    } else if let (Value::Object(inner), false) = (value, properties.is_empty()) {
        check_all(inner, properties, &format!("{name}."), faults);
    }
}

fn expected(types: &[String], values: &[String]) -> String {
    let mut words = Vec::new();
    for kind in types {
        match kind.as_str() {
            "boolean" => words.push("true or false".to_owned()),
            "number" => words.push("a number".to_owned()),
            "string" if values.is_empty() => words.push("a text".to_owned()),
            "string" => words.push(values.join(" or ")),
            "array" => words.push("an array".to_owned()),
            "object" => words.push("an object".to_owned()),
            // JSON has no functions.
            _ => {}
        }
    }
    if words.is_empty() {
        "left out: JSON can't say it".to_owned()
    } else {
        words.join(", or ")
    }
}

/// How many letters may differ for a name to be taken for a known one's misspelling.
const NEAR: usize = 3;

fn misspelt(whole: &str, name: &str, known: &Properties) -> String {
    let near = known
        .keys()
        .map(|it| {
            (
                strsim::damerau_levenshtein(&name.to_lowercase(), &it.to_lowercase()),
                it,
            )
        })
        .filter(|(distance, it)| *distance <= NEAR.min(it.len() / 2))
        .min();
    match near {
        Some((_, it)) => format!("there is no option {whole:?}, did you mean {it:?}"),
        None => format!("there is no option {whole:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(given: &str) -> String {
        let types = r#"{"worker":{
            "transfer":{"types":["string"],"values":["attended","blind"]},
            "autoDial":{"types":["boolean"]},
            "sessionTimers":{"types":["boolean","number"]},
            "report":{"types":["function"]},
            "statusTexts":{"types":["object"],"properties":{"connected":{"types":["string"]},"busy":{"types":["string"]}}},
            "extensions":{"types":["object"]},
            "server":{"types":["string","array"]}}}"#;
        let types: OptionTypes = serde_json::from_str(types).expect("it is JSON");
        let Value::Object(given) = serde_json::from_str(given).expect("it is JSON") else {
            return String::new();
        };
        check("--worker-options", &given, &types.worker)
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_the_types_allow_passes() {
        for given in [
            "{}",
            r#"{"transfer":"blind","autoDial":false,"sessionTimers":90,"server":["wss://a","wss://b"]}"#,
            r#"{"statusTexts":{"busy":"Besetzt"},"extensions":{"7":"103"},"sessionTimers":true}"#,
        ] {
            assert_eq!(fault(given), "", "{given}");
        }
    }

    #[test]
    fn every_misspelt_key_is_named_with_the_one_that_was_meant() {
        let told =
            fault(r#"{"tranfer":"blind","autodial":true,"statusTexts":{"conected":"x"},"zzz":1}"#);
        for says in [
            r#""tranfer", did you mean "transfer""#,
            r#""autodial", did you mean "autoDial""#,
            r#""statusTexts.conected", did you mean "connected""#,
            r#"there is no option "zzz""#,
            "there are autoDial, extensions",
        ] {
            assert!(told.contains(says), "{says}: {told}");
        }
    }

    #[test]
    fn a_wrong_type_is_named_and_what_was_given_is_not_shown() {
        for (given, says) in [
            (r#"{"transfer":"hunter2"}"#, "attended or blind"),
            (r#"{"transfer":null}"#, "attended or blind"),
            (r#"{"autoDial":"hunter2"}"#, "true or false"),
            (
                r#"{"sessionTimers":"hunter2"}"#,
                "true or false, or a number",
            ),
            (
                r#"{"statusTexts":{"busy":1}}"#,
                "\"statusTexts.busy\" must be a text",
            ),
            (r#"{"report":"hunter2"}"#, "left out"),
            (r#"{"server":1}"#, "a text, or an array"),
        ] {
            let told = fault(given);
            assert!(told.contains(says) && !told.contains("hunter2"), "{told}");
        }
    }
}

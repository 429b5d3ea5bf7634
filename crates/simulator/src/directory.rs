//! Who works at the simulated company, and whom its CRM knows.
//!
//! One hand-written file, `www/directory.json`, serves the server and the page.

use serde_json::{Value, json};

use crate::hub::UserId;

const FILE: &str = include_str!("../www/directory.json");

/// The people in it.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    file: Value,
}

impl Directory {
    /// The embedded people.
    pub(crate) fn new() -> Directory {
        Directory {
            file: serde_json::from_str(FILE).expect("a test parses the embedded directory"),
        }
    }

    /// People of one's own.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub(crate) fn read(text: &str) -> Result<Directory, String> {
        let file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let first = file["employees"].as_array().and_then(|all| all.first());
        match first.and_then(|it| it["id"].as_i64()) {
            Some(_) => Ok(Directory { file }),
            None => Err("employees must be a list of people with id, name and lastName".into()),
        }
    }

    /// All of it, for the page.
    pub(crate) fn json(&self) -> &Value {
        &self.file
    }

    fn list(&self, key: &str) -> &[Value] {
        self.file[key].as_array().map_or(&[], Vec::as_slice)
    }

    /// An active employee.
    pub(crate) fn employee(&self, id: UserId) -> Option<&Value> {
        self.list("employees").iter().find(|e| e["id"] == id)
    }

    /// The employee with this inner or mobile number.
    pub(crate) fn employee_by_number(&self, number: &str) -> Option<UserId> {
        let wanted = digits(number);
        self.list("employees")
            .iter()
            .find(|e| {
                e["phones"].as_array().is_some_and(|phones| {
                    phones
                        .iter()
                        .filter_map(Value::as_str)
                        .any(|p| digits(p) == wanted)
                })
            })
            .and_then(|e| e["id"].as_i64())
    }

    /// The client with this number.
    pub(crate) fn client_by_number(&self, number: &str) -> Option<&Value> {
        let wanted = digits(number);
        self.list("clients").iter().find(|c| {
            c["phones"].as_array().is_some_and(|phones| {
                phones
                    .iter()
                    .any(|p| p["number"].as_str().is_some_and(|n| digits(n) == wanted))
            })
        })
    }

    /// A client by CRM type and id.
    pub(crate) fn client(&self, kind: &str, id: i64) -> Option<&Value> {
        self.list("clients")
            .iter()
            .find(|c| c["type"] == kind && c["id"] == id)
    }

    /// The name of one of the company's numbers, else the number itself.
    pub(crate) fn line_name<'a>(&'a self, line: &'a str) -> &'a str {
        self.list("lines")
            .iter()
            .find(|l| l["number"] == line)
            .and_then(|l| l["name"].as_str())
            .unwrap_or(line)
    }

    /// The answer of the `profile` method.
    pub(crate) fn profile(&self, user: UserId) -> Value {
        let person = self.employee(user).cloned().unwrap_or(Value::Null);
        json!({
            "ID": user.to_string(),
            "ADMIN": person["admin"].as_bool().unwrap_or(false),
            "NAME": person["name"],
            "LAST_NAME": person["lastName"],
            "PERSONAL_GENDER": "",
            "PERSONAL_PHOTO": "",
            "TIME_ZONE": null,
            "TIME_ZONE_OFFSET": 7200,
        })
    }
}

/// A number without the marks people put between its digits.
pub(crate) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::Directory;

    #[test]
    fn people_are_found_by_their_numbers() {
        let directory = Directory::new();
        assert_eq!(directory.employee_by_number("102"), Some(2));
        assert_eq!(
            directory
                .client_by_number("+1 202 555 0123")
                .map(|c| &c["type"]),
            Some(&"CONTACT".into())
        );
        assert!(directory.client_by_number("+1 202 555 0000").is_none());
        assert_eq!(directory.profile(1)["ADMIN"], true);
    }
}

//! `telephony.externalLine.*`: the numbers the app says it has.

use serde_json::{Value, json};

use crate::rest::{Params, RestError};

#[derive(Debug)]
struct Line {
    id: u64,
    number: String,
    name: String,
    crm_auto_create: String,
}

/// All external lines of the app.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    all: Vec<Line>,
    last_id: u64,
}

impl Lines {
    /// One method, named by what follows `telephony.externalline.`, in lower case; `None` when
    /// there is none of that name.
    ///
    /// # Errors
    /// As documented for the method.
    pub(crate) fn call(&mut self, name: &str, params: &Params) -> Option<Result<Value, RestError>> {
        Some(match name {
            "add" => self.add(params),
            "get" => Ok(self.list()),
            "update" => self.update(params),
            "delete" => self.delete(params),
            _ => return None,
        })
    }

    /// `get`.
    pub(crate) fn list(&self) -> Value {
        let print = |it: &Line| json!({"NUMBER": it.number, "NAME": it.name, "CRM_AUTO_CREATE": it.crm_auto_create});
        self.all.iter().map(print).collect()
    }

    fn add(&mut self, params: &Params) -> Result<Value, RestError> {
        let number = number_of(params)?;
        if self.all.iter().any(|it| it.number == number) {
            return Err(RestError::core("Line already exists"));
        }
        self.last_id += 1;
        self.all.push(Line {
            id: self.last_id,
            name: params.text("NAME").unwrap_or_default(),
            crm_auto_create: params.text("CRM_AUTO_CREATE").unwrap_or_else(|| "Y".into()),
            number,
        });
        Ok(json!({"ID": self.last_id}))
    }

    fn update(&mut self, params: &Params) -> Result<Value, RestError> {
        let number = number_of(params)?;
        let (name, create) = (params.text("NAME"), params.text("CRM_AUTO_CREATE"));
        if name.is_none() && create.is_none() {
            return Err(RestError::core("There are no fields to update"));
        }
        let line = self.all.iter_mut().find(|it| it.number == number);
        let line = line.ok_or_else(|| unknown(&number))?;
        if let Some(name) = name {
            line.name = name;
        }
        if let Some(create) = create {
            line.crm_auto_create = create;
        }
        // A text here, a number in the answer of `add`: so the documentation prints them.
        Ok(json!({"ID": line.id.to_string()}))
    }

    fn delete(&mut self, params: &Params) -> Result<Value, RestError> {
        let number = number_of(params)?;
        let at = self.all.iter().position(|it| it.number == number);
        self.all.remove(at.ok_or_else(|| unknown(&number))?);
        Ok(json!([]))
    }
}

fn number_of(params: &Params) -> Result<String, RestError> {
    let number = params.text("NUMBER");
    number.ok_or_else(|| RestError::core("NUMBER should not be empty"))
}

fn unknown(number: &str) -> RestError {
    RestError::core(&format!("Could not find line with number {number}"))
}

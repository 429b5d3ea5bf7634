//! Reading what was posted: bounded in size and time.

use std::{collections::HashMap, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, header},
};
use tokio::time::timeout;

use super::refusal::Refusal;

/// The largest body taken. A portal's form has some 2 KiB.
pub const BODY_LIMIT: usize = 64 * 1024;

/// How long a body may trickle in.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

const FORM: &str = "application/x-www-form-urlencoded";

/// Fields by name.
pub type Fields = HashMap<String, String>;

/// Reads a form's fields from query and body, which a portal splits between the two.
///
/// # Errors
/// When it is no form, too large, or too slow.
pub async fn read_form(request: Request) -> Result<Fields, Refusal> {
    let (parts, body) = request.into_parts();
    check_media_type(text(&parts.headers, header::CONTENT_TYPE.as_str()))?;
    let body = read(&parts.headers, body).await?;
    let mut fields = parse(
        parts.uri.query().unwrap_or_default().as_bytes(),
        "the query",
    )?;
    fields.extend(parse(&body, "the body")?);
    Ok(fields)
}

/// Reads a body.
///
/// # Errors
/// When it is too large or too slow.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let declared = text(headers, header::CONTENT_LENGTH.as_str());
    let declared = declared.and_then(|it| it.parse::<u64>().ok());
    if declared.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(too_large());
    }
    match timeout(BODY_PATIENCE, to_bytes(body, BODY_LIMIT)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        // A body that breaks off lands here too; nobody is left to read the answer then.
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body took too long: send the form again",
        )),
    }
}

/// Checks the media type a POST was declared with.
fn check_media_type(content_type: Option<&str>) -> Result<(), Refusal> {
    let essence = content_type.and_then(|text| text.split(';').next());
    if essence.is_some_and(|text| text.trim().eq_ignore_ascii_case(FORM)) {
        return Ok(());
    }
    let text = format!("Content-Type is not {FORM}: send the fields as an HTML form does");
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text))
}

fn too_large() -> Refusal {
    let limit = BODY_LIMIT / 1024;
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!(
            "the body is larger than {limit} KiB: a portal's form is far smaller, send only its fields"
        ),
    )
}

fn parse(text: &[u8], place: &str) -> Result<Fields, Refusal> {
    serde_urlencoded::from_bytes(text).map_err(|_| {
        let text = format!("{place} is not form-encoded: send fields as NAME=VALUE joined by &");
        Refusal::new(StatusCode::BAD_REQUEST, text)
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|it| it.to_str().ok())
}

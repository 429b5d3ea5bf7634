//! Whether a connection came to nothing because of a certificate.

use std::{error::Error, io};

use rustls::CertificateError;

/// What was wrong with the other end's certificate, if it was that.
#[must_use]
pub fn refused_certificate<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CertificateError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(why)) = tls_error(error) {
            return Some(why);
        }
        cause = error.source();
    }
    None
}

// What TLS has to say comes wrapped in input/output errors, which skip it among their sources.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let wrapped: &io::Error = error.downcast_ref()?;
    tls_error(wrapped.get_ref()?)
}

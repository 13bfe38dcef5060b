//! The words for a handshake that failed: the cause and the remedy.

/// Why a handshake failed.
#[derive(Clone, Copy)]
// The words of OpenSSL are not as precise.
#[cfg_attr(not(feature = "rustls"), allow(dead_code))]
pub(super) enum Problem {
    UnknownIssuer,
    /// The server presents the certificate of an authority as its own.
    SelfSignedAuthority,
    Expired,
    NotYetValid,
    WrongHost,
    BadSignature,
    Revoked,
    Invalid,
    NotTls,
    /// The server has no version of TLS, or no cipher suite, that this side supports.
    Incompatible,
    /// The server has no certificate for the host.
    UnknownName,
}

impl Problem {
    /// `roots`: the ways to add a root certificate.
    pub fn explain(self, host: &str, roots: &str) -> String {
        match self {
            Problem::UnknownIssuer => format!(
                "the certificate of {host} has an unknown issuer; if this network re-signs TLS, add its root \
                 certificate by {roots}; otherwise the server may omit its intermediate certificates"
            ),
            Problem::SelfSignedAuthority => format!(
                "the certificate of {host} is self-signed, and that of an authority (CA:TRUE), which cannot be \
                 trusted for a server; create it with CA:FALSE, or have an authority issue it"
            ),
            Problem::Expired => format!("the certificate of {host} has expired; renew it, or set the clock right"),
            Problem::NotYetValid => format!("the certificate of {host} is not valid yet; set the clock right"),
            Problem::WrongHost => {
                format!("the certificate is not valid for {host}; check the host of the region and of the gateway")
            }
            Problem::BadSignature => format!(
                "the certificate of {host} has a signature that does not fit the key of its issuer; if the issuer has \
                 a new root certificate, add it by {roots}"
            ),
            Problem::Revoked => format!("the certificate of {host} has been revoked; renew it"),
            Problem::Invalid => format!(
                "the certificate of {host} is malformed, of an unsupported type, or not for servers; have its issuer \
                 create a new one"
            ),
            Problem::NotTls => {
                format!("{host} does not speak TLS at this port; check the port and the scheme of the URL")
            }
            Problem::Incompatible => {
                format!("{host} supports neither TLS 1.3 nor TLS 1.2 with a modern cipher suite; have it updated")
            }
            Problem::UnknownName => {
                format!("the server has no certificate for {host}; check the host of the region and of the gateway")
            }
        }
    }
}

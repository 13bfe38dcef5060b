//! The explanation of a failed handshake: the cause and the remedy.

use super::Peer;

/// The reason why a handshake failed.
#[derive(Clone, Copy)]
// Some are unused with native-tls alone, because the messages of OpenSSL are less precise.
#[cfg_attr(not(feature = "rustls"), allow(dead_code))]
pub(super) enum Problem {
    UnknownIssuer,
    /// The server uses the certificate of an authority as its own certificate.
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
    /// The server ended the handshake without a reason.
    Refused,
}

impl Problem {
    /// Returns the cause and the remedy. `add_root` names the ways to add a root certificate.
    pub fn explain(self, peer: &Peer, add_root: &str) -> String {
        let (host, setting) = (&peer.host, peer.setting());
        match self {
            Problem::UnknownIssuer => format!(
                "the certificate of {host} has an unknown issuer; if the issuer is a CA of your company, or a proxy or \
                 firewall that re-signs TLS connections, {add_root}; otherwise {host} perhaps does not send its \
                 intermediate certificates: ask its administrator to add them"
            ),
            Problem::SelfSignedAuthority => format!(
                "{host} presents a CA certificate (CA:TRUE; often it is self-signed) instead of a server \
                 certificate; it is refused even if it is trusted; give the server a certificate with CA:FALSE"
            ),
            Problem::Expired => format!(
                "the certificate of {host} has expired; have it renewed on that server, or correct the clock of this \
                 machine"
            ),
            Problem::NotYetValid => {
                format!("the certificate of {host} is not valid yet; correct the clock of this machine")
            }
            Problem::WrongHost => format!(
                "the certificate that the server presents is not valid for {host}; check the host in {setting}, or give \
                 the server a certificate for that host"
            ),
            Problem::BadSignature => format!(
                "the certificate of {host} has a signature that does not fit the key of its issuer; if the issuer has a \
                 new root certificate, {add_root}"
            ),
            Problem::Revoked => format!("the certificate of {host} has been revoked; have it replaced on that server"),
            Problem::Invalid => format!(
                "the certificate of {host} is malformed, of an unsupported type, or not for servers; have its issuer \
                 create a new one"
            ),
            Problem::NotTls => {
                format!("{host} does not speak TLS at this port; check the scheme and the port in {setting}")
            }
            Problem::Incompatible => format!(
                "{host} supports neither TLS 1.3 nor TLS 1.2 with a modern cipher suite; have that server updated"
            ),
            Problem::UnknownName => {
                format!("the server has no certificate for {host}; check the host in {setting}")
            }
            Problem::Refused => {
                let sent = if peer.has_certificate { "one is set" } else { "none was sent" };
                format!(
                    "{host} refused the TLS handshake: it supports no cipher suite of this client, or requires a \
                     client certificate ({sent}); have that server updated, or set client_certificate (in code)"
                )
            }
        }
    }
}

/// Explains an alert that refuses the client certificate, or its absence.
pub(super) fn refused_certificate(peer: &Peer, alert: &str) -> String {
    let host = &peer.host;
    if peer.has_certificate {
        let remedy = "set client_certificate to one that it accepts";
        return format!("{host} refused the client certificate that was sent ({alert}); {remedy}");
    }
    format!("{host} requires a client certificate, and none was sent ({alert}); set client_certificate (in code)")
}

/// Explains an alert that misses a client certificate.
pub(super) fn missing_certificate(peer: &Peer) -> String {
    let host = &peer.host;
    if peer.has_certificate {
        let remedy = "set client_certificate to one of a type and an issuer that it requests";
        return format!("{host} requires a client certificate, and the one that is set does not fit; {remedy}");
    }
    format!("{host} requires a client certificate, and none was sent; set client_certificate (in code)")
}

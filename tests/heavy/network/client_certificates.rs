//! Client certificates: a refusal is final, and its outcome is known.

use genesys_journey::ErrorKind;

use super::tls::{Ca, Server};
use genesys_listener::calls::*;

#[test]
fn a_refused_client_certificate_is_one_attempt_with_a_known_outcome() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let server = Server::start(ca.issue("localhost", false), Some(&clients));
    let none = settings(&format!("https://localhost:{}", server.port)).extra_roots(ca.pem());
    let none = none.attempt_timeout(LONG_TIMEOUT).connect_timeout(LONG_TIMEOUT).call_timeout(LONG_TIMEOUT);
    let with = |(chain, key): (String, String)| none.clone().client_certificate(chain, key);
    let (unknown, expired) = (with(Ca::new().issue("client", false).pem()), with(clients.issue("client", true).pem()));
    for settings in [none.clone(), unknown, expired] {
        let config = settings.token(TOKEN).unwrap();
        for op in ALL {
            // When the alert comes is a race: before the request is written, or after it.
            for _ in 0..5 {
                let error = op.send(&config).unwrap_err();
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1), "{op:?}: {error}");
                assert!(!error.outcome_unknown(), "{op:?}: {error}");
            }
        }
    }
    assert_eq!(server.requests(), 0);
}

#[test]
fn a_key_of_another_type_is_refused_at_build() {
    let (chain, _) = Ca::new().issue("client", false).pem();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap().serialize_pem();
    let error = settings("https://localhost:1").client_certificate(chain, key).token(TOKEN).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("client_certificate")), "{error}");
}

//! Certificates that are not trusted, and PEM texts that cannot be used: each line names the cause and the remedy.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use genesys_journey::{Error, ErrorKind, Tls};
use genesys_listener::messages::assert_listed;

use super::tls::{Ca, Identity, Server};
use super::{at, list};

/// Checks the words of a line, and that it is in the list of messages and shows no names of Rust types.
fn assert_words(error: &Error, words: &[&str]) {
    assert_listed(error);
    let line = error.to_string();
    for word in words {
        assert!(line.contains(word), "{word:?} is not in {line}");
    }
    for name in
        ["UnknownIssuer", "CaUsedAs", "NotValid", "InvalidCertificate", "Other(", "BadEncoding", "Alert", "DnsName"]
    {
        assert!(!line.contains(name), "{name:?} is in {line}");
    }
}

#[test]
fn a_certificate_that_is_not_trusted_names_cause_and_remedy() {
    let ca = Ca::new();
    let own = Ca::self_signed();
    let own_pem = own.pem().0;
    let rustls = cfg!(feature = "rustls");
    let remedy = if rustls && !cfg!(feature = "platform-verifier") {
        "in SSL_CERT_FILE (in code: extra_roots; the built-in roots stay in use), or, in code, turn on feature platform-verifier"
    } else {
        "to the trust store of the system (in code: extra_roots)"
    };
    let cases: Vec<(Identity, String, Vec<&str>)> = vec![
        (
            Ca::new().issue("localhost", false),
            ca.pem(),
            vec!["unknown issuer", "re-signs TLS connections", "extra_roots", remedy],
        ),
        (
            ca.intermediate().issue("localhost", false),
            ca.pem(),
            vec![
                "unknown issuer",
                "perhaps does not send its intermediate certificates: ask its administrator to add them",
            ],
        ),
        (
            ca.issue("localhost", true),
            ca.pem(),
            vec!["localhost has expired", "renewed on that server", "the clock of this machine"],
        ),
        (
            ca.issue("example.com", false),
            ca.pem(),
            vec![
                "not valid for localhost",
                "check the host in GENESYSCLOUD_REGION or GENESYSCLOUD_GATEWAY_URL (in code: Region)",
            ],
        ),
    ];
    for (identity, roots, words) in cases {
        let server = Server::start(identity, None);
        let error = list(at(&format!("https://localhost:{}", server.port)).extra_roots(roots)).unwrap_err();
        assert_words(&error, &words);
        assert_eq!((error.kind(), error.attempts(), error.is_transient()), (ErrorKind::Transport, 1, false), "{error}");
    }
    if rustls {
        let server = Server::start(own, None);
        let error = list(at(&format!("https://localhost:{}", server.port)).extra_roots(own_pem)).unwrap_err();
        assert_words(
            &error,
            &["localhost presents a CA certificate (CA:TRUE; often it is self-signed)", "a certificate with CA:FALSE"],
        );
        assert_eq!(error.attempts(), 1, "{error}");
    }
}

#[test]
fn a_port_without_tls_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let error = list(at(&format!("https://localhost:{port}"))).unwrap_err();
    assert_words(&error, &["localhost does not speak TLS", "the scheme and the port in GENESYSCLOUD_REGION or"]);
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 1), "{error}");
}

#[test]
fn a_demanded_client_certificate_names_the_setting() {
    let (ca, clients) = (Ca::new(), Ca::new());
    let server = Server::start(ca.issue("localhost", false), Some(&clients));
    let builder = at(&format!("https://localhost:{}", server.port)).extra_roots(ca.pem());
    let error = list(builder.clone()).unwrap_err();
    assert_words(
        &error,
        &["localhost requires a client certificate, and none was sent", "; set client_certificate (in code)"],
    );
    let (chain, key) = Ca::new().issue("client", false).pem();
    let error = list(builder.client_certificate(chain, key)).unwrap_err();
    assert_words(
        &error,
        &["localhost refused the client certificate that was sent (", "set client_certificate to one that it accepts"],
    );
}

#[test]
fn roots_in_unusual_pem_are_read() {
    let ca = Ca::new();
    let server = Server::start(ca.issue("localhost", false), None);
    let url = format!("https://localhost:{}", server.port);
    let pem = ca.pem();
    let indented: String = pem.lines().map(|line| format!("    {line}\r\n")).collect();
    for text in [
        format!("\u{feff}{pem}"),
        indented,
        pem.replace("CERTIFICATE", "X509 CERTIFICATE"),
        format!("Subject: a test\n{pem}trailing text"),
        format!("{}{pem}", Ca::new().pem()),
    ] {
        list(at(&url).extra_roots(text.clone())).unwrap_or_else(|error| panic!("{error}: {text}"));
    }
}

#[test]
fn roots_that_cannot_be_used_name_cause_and_remedy() {
    let pem = Ca::new().pem();
    let (_, key) = Ca::new().issue("localhost", false).pem();
    let (der, _) = Ca::new().issue("localhost", false).der();
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let no_base64 = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let cases: Vec<(Vec<u8>, &[&str])> = vec![
        (b"no certificate".to_vec(), &["no certificate in PEM form"]),
        (pem.replace("BEGIN ", "BEGIN TRUSTED ").into(), &["TRUSTED CERTIFICATE", "openssl x509 -in"]),
        (key.into(), &["a private key and no certificate"]),
        (der, &["DER", "openssl x509 -inform der"]),
        (
            format!("{pem}{bad}{pem}").into(),
            &["certificate 2 of 3 is damaged and cannot be decoded; remove or replace it"],
        ),
        (
            format!("{pem}{pem}{no_base64}").into(),
            &["certificate 3 of 3 is damaged and cannot be decoded; remove or replace it"],
        ),
    ];
    for (roots, words) in cases {
        let error = at("https://localhost:1").extra_roots(roots).token("token").unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("extra_roots")), "{error}");
        assert_words(&error, words);
    }
}

#[test]
fn a_client_certificate_that_cannot_be_used_names_cause_and_remedy() {
    let identity = Ca::new().issue("client", false);
    let ((chain, key), (chain_der, key_der)) = (identity.pem(), identity.der());
    let (_, other_key) = Ca::new().issue("client", false).pem();
    let old = key.replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1);
    let mut cases: Vec<(Vec<u8>, Vec<u8>, &[&str])> = vec![
        (key.clone().into(), chain.clone().into(), &["swapped", "certificates as the first argument"]),
        (chain_der, key.clone().into(), &["DER", "openssl x509 -inform der"]),
        (chain.clone().into(), key_der, &["key is in DER form", "openssl pkey -inform der"]),
        (chain.clone().into(), key.replace("PRIVATE", "ENCRYPTED PRIVATE").into(), &["encrypted", "openssl pkey -in"]),
        (chain.clone().into(), old.into(), &["encrypted", "openssl pkey -in"]),
        (chain.clone().into(), chain.clone().into(), &["a certificate and no private key"]),
        (chain.clone().into(), b"nothing".to_vec(), &["no private key in PEM form"]),
        (chain.clone().into(), vec![0x30, 0x82, 1, 1, 2, 1, 3, 0], &["key is in a PKCS #12 file", "openssl pkcs12"]),
    ];
    if cfg!(feature = "rustls") {
        let damaged = "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n";
        cases.push((chain.clone().into(), damaged.into(), &["the private key is damaged; replace it"]));
        cases.push((chain.clone().into(), other_key.into(), &["the private key is not that of the first certificate"]));
    }
    for (chain, key, words) in cases {
        let error = at("https://localhost:1").client_certificate(chain, key).token("token").unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("client_certificate")), "{error}");
        assert_words(&error, words);
    }
    let spaced: String = key.lines().map(|line| format!("  {line}\n")).collect();
    at("https://localhost:1").client_certificate(format!("\u{feff}{chain}"), spaced).token("token").unwrap();
}

/// In the child process: prints the warnings of building a `Config`.
#[cfg(all(feature = "rustls", not(feature = "platform-verifier")))]
#[test]
fn child() {
    if std::env::var_os("CHILD_OF_TEST").is_some() {
        genesys_listener::log_lines::on_warning(|line| println!("WARNING {line}"));
        at("https://localhost:1").token("token").unwrap();
    }
}

#[cfg(all(unix, feature = "rustls", not(feature = "platform-verifier")))]
#[test]
fn an_unusable_ssl_cert_file_is_a_warning() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let pem = Ca::new().pem();
    let file = std::env::temp_dir().join(format!("genesys-journey-warning-{}.pem", std::process::id()));
    let warnings = |path: &std::path::Path| {
        let mut child = super::process("trust::child");
        let output = child.env("CHILD_OF_TEST", "1").env("SSL_CERT_FILE", path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        let lines = text.lines().filter_map(|line| line.split_once("WARNING "));
        lines.map(|(_, warning)| warning.to_owned()).collect::<Vec<_>>()
    };
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cases: [(Vec<u8>, &str); 5] = [
        (b"".to_vec(), "it has no certificate in PEM form (-----BEGIN CERTIFICATE-----); pass a PEM file"),
        (Ca::new().issue("a", false).der().0, "it is in DER form; convert it: openssl x509 -inform der"),
        (
            pem.replace("BEGIN ", "BEGIN TRUSTED ").into(),
            "it has a block BEGIN TRUSTED CERTIFICATE, a form that only OpenSSL reads",
        ),
        (Ca::new().issue("a", false).pem().1.into(), "it has a private key and no certificate"),
        (format!("{pem}{bad}{pem}{bad}").into(), "certificates 2 and 4 of 4 are damaged and not used"),
    ];
    for (text, words) in cases {
        std::fs::write(&file, text).unwrap();
        let lines = warnings(&file);
        let start = format!("SSL_CERT_FILE: cannot use {}: {words}", file.display());
        assert!(lines.len() == 1 && lines[0].starts_with(&start), "{start} -> {lines:?}");
    }
    std::fs::write(&file, &pem).unwrap();
    assert_eq!(warnings(&file), [""; 0]);
    std::fs::remove_file(&file).unwrap();
    let folder = std::env::temp_dir();
    for (path, words) in [(&file, "No such file or directory (os error 2)"), (&folder, "not a regular file")] {
        assert_eq!(
            warnings(path),
            [format!("SSL_CERT_FILE: cannot use {}: {words}; correct the path", path.display())]
        );
    }
    // A path need not be UTF-8.
    let name = format!("genesys-journey-{}-", std::process::id()).into_bytes();
    let path = folder.join(OsString::from_vec([name, b"\xff.pem".to_vec()].concat()));
    assert_eq!(warnings(&path).len(), 1);
    std::fs::write(&path, &pem).unwrap();
    assert_eq!(warnings(&path), [""; 0]);
    std::fs::remove_file(&path).unwrap();
}

#[cfg(all(target_os = "linux", feature = "platform-verifier"))]
#[test]
fn a_system_without_certificates_is_named_unless_there_are_extra_roots() {
    let ca = Ca::new();
    let server = Server::start(ca.issue("localhost", false), None);
    let folder = std::env::temp_dir().join(format!("genesys-journey-no-roots-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let output = |roots: String| {
        let mut child = super::child_process();
        child.env("CHILD_URL", format!("https://localhost:{}", server.port)).env("CHILD_ROOTS", roots);
        child.env("SSL_CERT_DIR", &folder).env("SSL_CERT_FILE", folder.join("roots.pem")).output().unwrap()
    };
    let without = output(String::new());
    let text = String::from_utf8(without.stderr).unwrap();
    let words = "platform-verifier cannot be used: the system has no trusted certificates; install them (package \
                 ca-certificates), or correct SSL_CERT_FILE or SSL_CERT_DIR if one of them is set";
    assert!(text.contains(words) && !text.contains("extra_roots"), "{text}");
    assert!(output(ca.pem()).status.success());
    std::fs::remove_dir(&folder).unwrap();
}

#[cfg(all(feature = "rustls", not(feature = "platform-verifier")))]
#[test]
fn the_certificates_of_ssl_cert_file_are_trusted_besides_the_others() {
    let (ca, other) = (Ca::new(), Ca::new());
    let server = Server::start(ca.issue("localhost", false), None);
    let url = format!("https://localhost:{}", server.port);
    let file = std::env::temp_dir().join(format!("genesys-journey-environment-{}.pem", std::process::id()));
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let succeeds = |text: &str, extra_roots: &str| {
        std::fs::write(&file, text).unwrap();
        let mut child = super::child_process();
        child.env("CHILD_URL", &url).env("CHILD_ROOTS", extra_roots).env("SSL_CERT_FILE", &file);
        child.output().unwrap().status.success()
    };
    assert!(succeeds(&ca.pem(), ""));
    assert!(succeeds(&format!("{bad}{}", ca.pem()), ""), "one that is not valid is skipped");
    assert!(succeeds(&other.pem(), &ca.pem()), "it adds");
    assert!(succeeds("no certificate", &ca.pem()), "a file that cannot be used is only a warning");
    assert!(!succeeds(&other.pem(), ""));
    std::fs::remove_file(&file).unwrap();
    for path in ["/nowhere/roots.pem", "/", ""] {
        let mut child = super::child_process();
        child.env("CHILD_URL", &url).env("CHILD_ROOTS", ca.pem()).env("SSL_CERT_FILE", path);
        assert!(child.output().unwrap().status.success(), "SSL_CERT_FILE={path}");
    }
}

#[test]
fn the_setting_selects_the_tls_library() {
    let ca = Ca::new();
    let server = Server::start(ca.issue("localhost", false), None);
    let without_roots = at(&format!("https://localhost:{}", server.port));
    let builder = without_roots.clone().extra_roots(ca.pem());
    let roots = if cfg!(feature = "platform-verifier") { "trust store" } else { "SSL_CERT_FILE" };
    let libraries = [
        (Tls::Rustls, cfg!(feature = "rustls"), "feature rustls", roots),
        (Tls::Native, cfg!(feature = "native-tls"), "feature native-tls", "trust store"),
    ];
    for (library, is_compiled_in, feature, roots) in libraries {
        match list(builder.clone().tls(library)) {
            Ok(()) => {
                assert!(is_compiled_in);
                let unknown = without_roots.clone().tls(library).extra_roots(Ca::new().pem());
                assert_words(&list(unknown).unwrap_err(), &["unknown issuer", "extra_roots", roots]);
            }
            Err(error) => {
                assert!(!is_compiled_in && error.to_string().contains(feature), "{error}");
                assert_eq!((error.kind(), error.field()), (ErrorKind::Input, Some("tls")), "{error}");
            }
        }
    }
}

//! OpenSSL's server, with certificates that OpenSSL makes; and the command lines in the errors.

use genesys_journey::{ConfigBuilder, Error, ErrorKind};

use super::program::{Folder, Program, command, openssl};
use super::tls::Ca;
use super::{assert_refused, at, list, run_program};

/// Starts `openssl s_server` with these further arguments.
fn serve(folder: &Folder, arguments: &str) -> (Program, ConfigBuilder) {
    let program = Program::start(folder, 1, |ports| {
        let mut server = command("openssl");
        server.args(["s_server", "-quiet", "-www", "-accept", &format!("127.0.0.1:{}", ports[0])]);
        server.args(arguments.split(' ')).current_dir(folder.path(""));
        server
    });
    let builder = at(&format!("https://localhost:{}", program.ports[0]));
    (program, builder)
}

/// Checks that TLS succeeded: OpenSSL's server responds with a page about the connection.
fn assert_page(builder: ConfigBuilder) {
    let error = list(builder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
}

fn error(builder: &ConfigBuilder) -> Error {
    list(builder.clone()).unwrap_err()
}

#[test]
fn self_signed_certificates_name_the_remedy_and_the_remedy_works() {
    let folder = Folder::new();
    let new = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=localhost \
               -addext subjectAltName=DNS:localhost";
    openssl(&folder, &format!("{new} -keyout authority.key -out authority.pem"));
    let leaf = "-addext basicConstraints=critical,CA:FALSE -keyout leaf.key -out leaf.pem";
    openssl(&folder, &format!("{new} {leaf}"));
    let text = |name: &str| std::fs::read(folder.path(name)).unwrap();

    let (_authority, builder) = serve(&folder, "-cert authority.pem -key authority.key");
    assert_refused(&error(&builder), "give the server a certificate with CA:FALSE");
    assert_refused(&error(&builder.extra_roots(text("authority.pem"))), "give the server a certificate with CA:FALSE");
    let (_leaf, builder) = serve(&folder, "-cert leaf.pem -key leaf.key");
    assert_refused(&error(&builder), "unknown issuer");
    assert_page(builder.extra_roots(text("leaf.pem")));
}

#[test]
fn each_tls_failure_of_openssl_names_its_cause() {
    let (folder, ca, clients) = (Folder::new(), Ca::new(), Ca::new());
    let save = |name: &str, (chain, key): (String, String)| {
        folder.write(&format!("{name}.pem"), chain);
        folder.write(&format!("{name}.key"), key);
    };
    let intermediate = ca.intermediate();
    folder.write("intermediate.pem", intermediate.pem());
    folder.write("clients.pem", clients.pem());
    save("good", ca.issue("localhost", false).pem());
    save("expired", ca.issue("localhost", true).pem());
    save("below", intermediate.issue("localhost", false).pem());
    let trust = |builder: ConfigBuilder| builder.extra_roots(ca.pem());

    let (_server, builder) = serve(&folder, "-cert expired.pem -key expired.key");
    assert_refused(&error(&trust(builder)), "the certificate of localhost has expired; have it renewed");

    let (server, builder) = serve(&folder, "-cert below.pem -key below.key");
    assert_refused(&error(&trust(builder)), "perhaps does not send its intermediate certificates");
    // The exit code of the program is 2.
    let gateway = format!("https://localhost:{}", server.ports[0]);
    let (code, line) = run_program(&gateway, &[("SSL_CERT_FILE", &folder.write("ca.pem", ca.pem()))]);
    assert_eq!(code, Some(2), "{line}");
    assert!(line.contains("has an unknown issuer") && line.lines().count() == 1, "{line}");
    let (_server, builder) = serve(&folder, "-cert below.pem -key below.key -cert_chain intermediate.pem");
    assert_page(trust(builder));

    let (_server, builder) = serve(&folder, "-cert good.pem -key good.key -tls1_1 -cipher DEFAULT@SECLEVEL=0");
    assert_refused(&error(&trust(builder)), "localhost supports neither TLS 1.3 nor TLS 1.2");

    for version in ["-tls1_2", "-tls1_3"] {
        let demand = "-Verify 1 -verify_return_error -CAfile clients.pem";
        let (_server, builder) = serve(&folder, &format!("-cert good.pem -key good.key {demand} {version}"));
        assert_refused(&error(&trust(builder.clone())), "client certificate");
        assert_refused(&error(&trust(builder.clone())), "set client_certificate");
        let (chain, key) = Ca::new().issue("client", false).pem();
        let unknown = builder.clone().client_certificate(chain, key);
        assert_refused(
            &error(&trust(unknown)),
            "localhost refused the client certificate that was sent (unknown issuer)",
        );
        let (chain, key) = clients.issue("client", false).pem();
        assert_page(trust(builder.client_certificate(chain, key)));
    }
}

/// Takes the command line out of an error, and runs it with these words replaced.
fn run_command_of(error: &Error, folder: &Folder, words: &[(&str, &str)]) {
    let line = error.to_string();
    let command = line.split_once("openssl ").map(|(_, command)| command).unwrap();
    let command = words.iter().fold(command.to_owned(), |command, (from, to)| command.replace(from, to));
    openssl(folder, &command);
}

#[test]
fn the_command_in_each_error_makes_the_file_usable() {
    let folder = Folder::new();
    let ca = Ca::new();
    let identity = ca.issue("client", false);
    let ((chain, key), (chain_der, key_der)) = (identity.pem(), identity.der());
    folder.write("plain.pem", &chain);
    folder.write("plain.key", &key);
    folder.write("der", &chain_der);
    folder.write("key_der", &key_der);
    openssl(&folder, "x509 -in plain.pem -trustout -out trusted.pem");
    openssl(&folder, "pkcs8 -topk8 -in plain.key -passout pass:secret -out encrypted.key");
    openssl(&folder, "ec -in plain.key -aes128 -passout pass:secret -out encrypted_ec.key");
    openssl(&folder, "pkcs12 -export -in plain.pem -inkey plain.key -passout pass:secret -out both.p12");
    let text = |name: &str| std::fs::read(folder.path(name)).unwrap();
    let builder = || at("https://localhost:1");

    for file in ["trusted.pem", "der", "both.p12"] {
        let error = builder().extra_roots(text(file)).token("token").unwrap_err();
        let password = if file == "both.p12" { " -passin pass:secret" } else { "" };
        let file = format!("{file}{password}");
        run_command_of(&error, &folder, &[("FILE", &file), ("CERTIFICATE.pem", "converted.pem")]);
        builder().extra_roots(text("converted.pem")).token("token").unwrap();
    }
    for file in ["key_der", "encrypted.key", "encrypted_ec.key", "both.p12"] {
        let error = builder().client_certificate(chain.clone(), text(file)).token("token").unwrap_err();
        let input = match file {
            "key_der" => "-in KEY ",
            "both.p12" => "-in FILE ",
            _ => "-in KEY.pem ",
        };
        let with_password = format!("-in {file} -passin pass:secret ");
        run_command_of(&error, &folder, &[(input, &with_password), ("-out KEY.pem", "-out DECRYPTED.pem")]);
        builder().client_certificate(chain.clone(), text("DECRYPTED.pem")).token("token").unwrap();
    }
}

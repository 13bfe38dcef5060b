//! squid as the proxy: with a password, without one, and over TLS.

use genesys_journey::segments::{self, NewSegment};
use genesys_journey::{ConfigBuilder, ErrorKind};

use super::program::{Folder, Program, command};
use super::tls::{Ca, Server};
use super::{assert_refused, at, list, run_program};

const USER: &str = "user:p%40ss%20word%2525";

struct Squid {
    // Dropped before its folder is removed.
    program: Program,
    folder: Folder,
    ca: Ca,
}

impl Squid {
    fn start() -> Squid {
        let (folder, ca) = (Folder::new(), Ca::new());
        let (chain, key) = ca.issue("localhost", false).pem();
        let (chain, key) = (folder.write("proxy.pem", chain), folder.write("proxy.key", key));
        // A line has the user and the password; squid percent-encodes blanks and percent signs in them.
        let check = folder.write(
            "check.sh",
            "while read -r line; do [ \"$line\" = 'user p@ss%20word%2525' ] && echo OK || echo ERR; done\n",
        );
        let program = Program::start(&folder, 3, |ports| {
            let [open, with_password, tls] = [0, 1, 2].map(|i| ports[i]);
            let log = folder.path("access.log");
            let cache_log = folder.path("cache.log");
            let configuration = format!(
                "http_port 127.0.0.1:{open}\n\
                 http_port 127.0.0.1:{with_password}\n\
                 https_port 127.0.0.1:{tls} tls-cert={chain} tls-key={key}\n\
                 auth_param basic program /bin/sh {check}\n\
                 auth_param basic realm a test\n\
                 acl open localport {open} {tls}\n\
                 acl denied dstdomain denied.invalid\n\
                 acl known proxy_auth REQUIRED\n\
                 http_access deny denied\n\
                 http_access allow open\n\
                 http_access allow known\n\
                 http_access deny all\n\
                 logformat short %rm %ru %>Hs\n\
                 access_log stdio:{} short\n\
                 cache_log {}\n\
                 buffered_logs off\n\
                 cache deny all\n\
                 pid_filename none\n\
                 netdb_filename none\n\
                 pinger_enable off\n\
                 visible_hostname localhost\n\
                 shutdown_lifetime 0 seconds\n",
                log.display(),
                cache_log.display(),
            );
            let mut squid = command("squid");
            squid.args(["-N", "-f", &folder.write("squid.conf", configuration)]);
            squid
        });
        Squid { program, folder, ca }
    }

    fn open(&self) -> String {
        format!("127.0.0.1:{}", self.program.ports[0])
    }

    fn with_password(&self) -> String {
        format!("127.0.0.1:{}", self.program.ports[1])
    }

    fn over_tls(&self) -> String {
        format!("localhost:{}", self.program.ports[2])
    }

    /// Returns the lines of the access log about a target, once there are so many.
    fn log(&self, target: &str, count: usize) -> Vec<String> {
        let about = |text: &str| text.lines().filter(|line| line.contains(target)).map(str::to_owned).collect();
        let text = self.folder.read_until("access.log", |text| {
            let lines: Vec<String> = about(text);
            text.ends_with('\n') && lines.len() >= count
        });
        about(&text)
    }
}

fn create(builder: ConfigBuilder) -> genesys_journey::Error {
    segments::create(&builder.token("token").unwrap(), &NewSegment::new("VIP")).unwrap_err()
}

#[test]
fn squid_tunnels_or_refuses_with_one_attempt() {
    let squid = Squid::start();
    let ca = Ca::new();
    let server = Server::start(ca.issue("localhost", false), None);
    let target = format!("localhost:{}", server.port);
    let service = at(&format!("https://{target}")).extra_roots(ca.pem());

    // One tunnel for two calls.
    let config = service.clone().proxy(squid.open()).token("token").unwrap();
    for _ in 0..2 {
        segments::list(&config, &Default::default()).unwrap();
    }
    drop(config);
    assert_eq!(squid.log(&target, 1), [format!("CONNECT {target} 200")]);

    // A password, decoded once.
    list(service.clone().proxy(format!("http://{USER}@{}", squid.with_password()))).unwrap();
    assert_eq!(squid.log(&target, 2)[1], format!("CONNECT {target} 200"));

    // TLS to the proxy.
    let both = format!("{}{}", ca.pem(), squid.ca.pem());
    list(service.clone().extra_roots(both).proxy(format!("https://{}", squid.over_tls()))).unwrap();
    assert_eq!(squid.log(&target, 3)[2], format!("CONNECT {target} 200"));
    assert_eq!(server.requests(), 4);

    // Every refusal is one request.
    let wrong = create(at("https://wrong.invalid").proxy(format!("http://user:wrong@{}", squid.with_password())));
    let words = format!(
        "not sent: the proxy {} refused the user and password in the setting proxy (407); correct them",
        squid.with_password()
    );
    assert_refused(&wrong, &words);
    let none = create(at("https://none.invalid").proxy(squid.with_password()));
    assert_refused(&none, "requires a user and a password (407); add them to the setting proxy");
    let denied = create(at("https://denied.invalid").proxy(squid.open()));
    assert_refused(&denied, "refused to connect to denied.invalid:443 (403); have its administrator permit that host");
    let untrusted = create(at("https://untrusted.invalid").proxy(format!("https://{}", squid.over_tls())));
    let words = format!(
        "no connection to the proxy {} of the setting proxy: the certificate of localhost has an unknown issuer",
        squid.over_tls()
    );
    assert_refused(&untrusted, &words);

    // The exit code of the program is 2, because a later run would fail in the same way.
    let variable = format!("http://user:wrong@{}", squid.with_password());
    let (code, line) = run_program("https://program.invalid", &[("HTTPS_PROXY", &variable)]);
    assert_eq!(code, Some(2), "{line}");
    assert!(
        line.contains("refused the user and password in HTTPS_PROXY (in code: proxy) (407); correct them"),
        "{line}"
    );

    // A host that squid cannot reach is retried.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = create(at(&format!("https://{closed}")).max_attempts(2).proxy(squid.open()));
    assert_eq!((error.kind(), error.attempts(), error.is_transient()), (ErrorKind::Transport, 2, true), "{error}");
    assert!(
        error
            .to_string()
            .contains(&format!("could not connect to {closed} (503); check the host in GENESYSCLOUD_REGION")),
        "{error}"
    );
    assert_eq!(squid.log(&closed.to_string(), 2).len(), 2);
    for (host, status) in [("wrong", 407), ("none", 407), ("denied", 403), ("program", 407)] {
        assert_eq!(squid.log(host, 1), [format!("CONNECT {host}.invalid:443 {status}")]);
    }
    assert!(!squid.folder.read_until("access.log", |_| true).contains("untrusted"));
}

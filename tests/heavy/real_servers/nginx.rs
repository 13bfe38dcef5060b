//! nginx as a gateway: TLS, a path prefix, a key in a header, client certificates, and reloads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;

use genesys_journey::segments::{self, NewSegment, SegmentUpdate};
use genesys_journey::{Error, ErrorKind, Region};
use genesys_stand_in::StandIn;

use super::program::{Folder, Program, command};
use super::tls::Ca;
use super::{Config, at};

struct Nginx {
    // Dropped before its folder is removed.
    program: Program,
    folder: Folder,
    ca: Ca,
    clients: Ca,
}

impl Nginx {
    /// Starts nginx in front of a service; its second port demands client certificates.
    fn start(service: &StandIn) -> Nginx {
        let (folder, ca, clients) = (Folder::new(), Ca::new(), Ca::new());
        let (chain, key) = ca.issue("localhost", false).pem();
        let (chain, key) = (folder.write("server.pem", chain), folder.write("server.key", key));
        let authority = folder.write("clients.pem", clients.pem());
        let url = service.url();
        let program = Program::start(&folder, 2, |ports| {
            let path = |name: &str| folder.path(name).display().to_string();
            let [gateway, for_clients] = [ports[0], ports[1]];
            let server = format!("ssl_certificate {chain}; ssl_certificate_key {key};");
            let proxy = format!("proxy_pass {url}/; proxy_http_version 1.1; proxy_set_header Connection \"\";");
            let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|kind| format!("{kind}_temp_path {};\n", path(kind)))
                .concat();
            let configuration = format!(
                "daemon off;\npid {};\nerror_log stderr;\nworker_processes 2;\nworker_shutdown_timeout 1ms;\nevents {{}}\nhttp {{\n\
                 {temporary}log_format short '$status $connection';\naccess_log {} short;\n\
                 server {{ listen 127.0.0.1:{gateway} ssl; {server}\n\
                 location /gateway/ {{ if ($http_x_api_key != a-gateway-key) {{ return 401; }} {proxy} }} }}\n\
                 server {{ listen 127.0.0.1:{for_clients} ssl; {server}\n\
                 ssl_client_certificate {authority}; ssl_verify_client on;\n\
                 location /gateway/ {{ {proxy} }} }}\n}}\n",
                path("nginx.pid"),
                path("access.log"),
            );
            let mut nginx = command("nginx");
            nginx.args(["-c", &folder.write("nginx.conf", configuration)]);
            nginx
        });
        Nginx { program, folder, ca, clients }
    }

    fn url(&self, port: usize) -> String {
        format!("https://localhost:{}/gateway", self.program.ports[port])
    }
}

#[test]
fn nginx_works_as_a_gateway() {
    let service = StandIn::start();
    let nginx = Nginx::start(&service);
    let builder = at(&nginx.url(0)).extra_roots(nginx.ca.pem());
    let config = builder.clone().header("X-Api-Key", "a-gateway-key").token(&service.token()).unwrap();
    let created = segments::create(&config, &NewSegment::new("VIP")).unwrap();
    let update = SegmentUpdate { display_name: Some("VIP 2".to_owned()), ..Default::default() };
    let update = SegmentUpdate { version: Some(created.version), ..update };
    segments::update(&config, &created.id, &update).unwrap();
    assert_eq!(segments::get(&config, &created.id).unwrap().display_name, "VIP 2");
    assert_eq!(segments::list_all(&config, &Default::default()).count(), 1);
    segments::delete(&config, &created.id).unwrap();
    // All of them over one connection.
    let log = nginx.folder.read_until("access.log", |text| text.lines().count() == 5);
    let connections: Vec<&str> = log.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert!(connections.iter().all(|connection| *connection == connections[0]), "{log}");

    let error = segments::get(&builder.token(&service.token()).unwrap(), "7").unwrap_err();
    assert_eq!(error.status(), Some(401), "{error}");

    let builder = at(&nginx.url(1)).extra_roots(nginx.ca.pem());
    let error = segments::get(&builder.clone().token("token").unwrap(), "7").unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(400)), "{error}");
    assert!(error.to_string().contains("No required SSL certificate was sent"), "{error}");
    let (chain, key) = nginx.clients.issue("client", false).pem();
    let config = builder.client_certificate(chain, key).token(&service.token()).unwrap();
    segments::list(&config, &Default::default()).unwrap();
}

#[test]
fn a_gateway_that_reloads_doubles_no_write() {
    const WRITES: usize = 80;
    let service = StandIn::start();
    let nginx = Nginx::start(&service);
    let region = Region::custom(&nginx.url(0), &nginx.url(0)).unwrap();
    let builder = Config::builder(region).no_proxy().extra_roots(nginx.ca.pem());
    let config = builder.header("X-Api-Key", "a-gateway-key").token(&service.token()).unwrap();
    let (sender, written) = mpsc::channel();
    let outcomes: BTreeMap<String, Result<(), Error>> = std::thread::scope(|scope| {
        for writer in 0..4 {
            let (sender, config) = (sender.clone(), config.clone());
            scope.spawn(move || {
                for n in 0..WRITES {
                    let name = format!("{writer}-{n}");
                    let outcome = segments::create(&config, &NewSegment::new(&name)).map(drop);
                    sender.send((name, outcome)).unwrap();
                }
            });
        }
        drop(sender);
        let reload = |(i, outcome)| {
            if i % 30 == 15 {
                nginx.program.signal("HUP");
            }
            outcome
        };
        written.iter().enumerate().map(reload).collect()
    });
    assert_eq!(outcomes.len(), 4 * WRITES);
    let mut seen = BTreeMap::new();
    for segment in service.segments() {
        *seen.entry(segment["displayName"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    for (name, outcome) in &outcomes {
        let count = seen.get(name).copied().unwrap_or(0);
        match outcome {
            Ok(()) => assert_eq!(count, 1, "{name}"),
            Err(error) if error.outcome_unknown() => assert!(count <= 1, "{name}: {error}"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
    let unknown = outcomes.values().filter(|outcome| outcome.is_err()).count();
    let log = nginx.folder.read_until("access.log", |text| text.ends_with('\n'));
    let connections: BTreeSet<&str> = log.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert!(connections.len() > 4, "no reload closed a connection");
    assert!(unknown < WRITES, "{unknown} writes with an unknown outcome");
}

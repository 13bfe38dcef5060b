//! The cost of a whole process with one call: `cargo bench -p genesys-benches --bench start`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use genesys_benches::measure::{self, OURS, Spread, TUNED, counts_only, instructions, ratio, system_calls};
use genesys_benches::server::{self, TlsServer};

fn main() {
    let tls = TlsServer::start();
    println!("one GET in a process / baseline");
    for (title, url) in [("plain", server::start()), ("TLS", tls.url(tls.port))] {
        report(title, &url);
    }
}

fn report(title: &str, url: &str) {
    let [ours, baseline] = [OURS, TUNED].map(|variant| measure::program(variant, "one_call"));
    println!("{title}, instructions   {}", ratio(instructions(&ours, [url]), instructions(&baseline, [url])));
    println!("{title}, system calls   {}", ratio(system_calls(&ours, [url]), system_calls(&baseline, [url])));
    if counts_only() {
        return;
    }
    let timed = |program: &Path| {
        let start = Instant::now();
        let status = Command::new(program)
            .arg(url)
            .env_remove("SSL_CERT_FILE")
            .stdout(Stdio::null())
            .status()
            .expect("the program starts");
        assert!(status.success());
        start.elapsed().as_secs_f64()
    };
    println!("{title}, wall time      {}", Spread::of_pairs(300, || timed(&ours), || timed(&baseline)));
}

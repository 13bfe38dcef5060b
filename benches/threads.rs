//! Calls a second on one `Config`: `cargo bench -p genesys-benches --bench threads`.

use genesys_benches::measure::{OURS, Spread, TUNED, Work};
use genesys_benches::server;

fn main() {
    const CALLS: usize = 8_000;
    let url = &server::start();
    println!("calls a second / baseline, of pairs: median and quartiles");
    for threads in [1, 2, 4, 8, 16] {
        let task = &format!("get threads={threads}");
        let a_second = |variant| CALLS as f64 / Work { url, task, variant }.run(CALLS).wall.as_secs_f64();
        let spread = Spread::of_pairs(30, || a_second(OURS), || a_second(TUNED));
        println!("{threads:>3} threads   {spread}");
    }
}

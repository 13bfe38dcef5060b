//! The same, hand-written.

use genesys_benches::baseline::ByHand;

fn main() {
    let url = std::env::args().nth(1).unwrap_or_default();
    println!("{}", ByHand::tuned(&url).get("7").display_name);
}
